import { Problem } from '@castellan/core';
import { uuidv7Generator } from '@castellan/core/kernel';
import type { Kysely } from 'kysely';
import type { Database, ProjectRow } from '../database.ts';
import type { NewProject, ProjectPatch } from './project-schema.ts';

/** A project as the API shows it. */
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The example's domain: projects, each owned by one account. Nothing here knows a framework. */
export interface Projects {
  create(owner: string, project: NewProject): Promise<Project>;
  list(
    owner: string,
    page: number,
    pageSize: number,
  ): Promise<{ readonly items: readonly Project[]; readonly total: number }>;
  /** @throws Problem `not_found`, the same for missing and foreign */
  read(owner: string, id: string): Promise<Project>;
  update(owner: string, id: string, patch: ProjectPatch): Promise<Project>;
  remove(owner: string, id: string): Promise<void>;
}

const view = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
});

export function createProjects(db: Kysely<Database>): Projects {
  const makeId = uuidv7Generator();
  const found = (row: ProjectRow | undefined): Project => {
    if (!row) throw new Problem('not_found');
    return view(row);
  };
  return {
    async create(owner, { name, description = null }) {
      const now = new Date();
      const row = { id: makeId(), owner, name, description, created_at: now, updated_at: now };
      return view(await db.insertInto('project').values(row).returningAll().executeTakeFirstOrThrow());
    },
    async list(owner, page, pageSize) {
      const mine = db.selectFrom('project').where('owner', '=', owner);
      const rows = await mine
        .selectAll()
        .orderBy('id', 'desc')
        .limit(pageSize)
        .offset((page - 1) * pageSize)
        .execute();
      const { total } = await mine.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
      return { items: rows.map(view), total: Number(total) };
    },
    async read(owner, id) {
      return found(
        await db.selectFrom('project').selectAll().where('id', '=', id).where('owner', '=', owner).executeTakeFirst(),
      );
    },
    async update(owner, id, patch) {
      const change = { ...patch, updated_at: new Date() };
      return found(
        await db
          .updateTable('project')
          .set(change)
          .where('id', '=', id)
          .where('owner', '=', owner)
          .returningAll()
          .executeTakeFirst(),
      );
    },
    async remove(owner, id) {
      found(
        await db
          .deleteFrom('project')
          .where('id', '=', id)
          .where('owner', '=', owner)
          .returningAll()
          .executeTakeFirst(),
      );
    },
  };
}
