import { compare, hash } from '@node-rs/bcrypt';
import { type Generated, type Kysely, sql } from 'kysely';

/** The app had this table before Castellan came: integer ids, bcrypt hashes. */
interface UserTable {
  id: Generated<number>;
  email: string;
  password_hash: string;
  blocked: Generated<boolean>;
}
export interface Database {
  app_user: UserTable;
}
export interface User {
  readonly id: number;
  readonly email: string;
}

/** The app's own users, as it always kept them. */
export interface Users {
  migrate(): Promise<void>;
  create(email: string, password: string): Promise<User | undefined>;
  /** The user whose password it is. */
  checkPassword(email: string, password: string): Promise<User | undefined>;
  setPassword(id: number, password: string): Promise<void>;
  block(id: number): Promise<void>;
}

/** Compared where there is no user, so that the answer takes as long. */
const NOBODY = '$2b$10$C6UzMDM.H6dfI/f/IKcEe.O0ZiVn0vGmxYy8tDh6xrB0u7k9gD4yW';

export function createUsers(db: Kysely<Database>): Users {
  return {
    async migrate() {
      await sql`
        create table if not exists app_user (
          id integer generated always as identity primary key, email text not null unique,
          password_hash text not null, blocked boolean not null default false)`.execute(db);
    },
    async create(email, password) {
      return db
        .insertInto('app_user')
        .values({ email, password_hash: await hash(password, { cost: 10 }) })
        .onConflict((conflict) => conflict.doNothing())
        .returning(['id', 'email'])
        .executeTakeFirst();
    },
    async checkPassword(email, password) {
      const user = await db.selectFrom('app_user').selectAll().where('email', '=', email).executeTakeFirst();
      const right = await compare(password, user?.password_hash ?? NOBODY);
      return user && right && !user.blocked ? { id: user.id, email: user.email } : undefined;
    },
    async setPassword(id, password) {
      await db
        .updateTable('app_user')
        .set({ password_hash: await hash(password, { cost: 10 }) })
        .where('id', '=', id)
        .execute();
    },
    async block(id) {
      await db.updateTable('app_user').set({ blocked: true }).where('id', '=', id).execute();
    },
  };
}
