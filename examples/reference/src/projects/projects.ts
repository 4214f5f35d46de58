import { Problem, validateQuery } from '@castellan/core';
import { uuidv7Generator } from '@castellan/core/kernel';
import type { Kysely } from 'kysely';
import type { Database, ProjectRow } from '../database.ts';
import { type NewProject, PageQuery, ProjectId, type ProjectPatch } from './project-schema.ts';

/** A project as the API shows it. */
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A page of them. */
export interface ProjectPage {
  readonly items: readonly Project[];
  readonly total: number;
  readonly page: number;
  readonly page_size: number;
  readonly pages: number;
}

/** How much there is of them. */
export interface ProjectStatistics {
  readonly projects: number;
  readonly owners: number;
}

/** The example's domain: projects, each owned by one account. Nothing here knows a framework. */
export interface Projects {
  create(owner: string, project: NewProject): Promise<Project>;
  /**
   * The newest first; `page` and `page_size` are taken from the request's query.
   * @throws Problem `validation_failed`
   */
  list(owner: string, query: URLSearchParams): Promise<ProjectPage>;
  /** @throws Problem `not_found`, the same for missing and foreign */
  read(owner: string, id: string): Promise<Project>;
  update(owner: string, id: string, patch: ProjectPatch): Promise<Project>;
  remove(owner: string, id: string): Promise<void>;
  /** Over all owners. */
  statistics(): Promise<ProjectStatistics>;
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
  const known = (id: string): string => {
    if (!ProjectId.safeParse(id).success) throw new Problem('not_found');
    return id;
  };
  return {
    async create(owner, { name, description = null }) {
      const now = new Date();
      const row = { id: makeId(), owner, name, description, created_at: now, updated_at: now };
      return view(await db.insertInto('project').values(row).returningAll().executeTakeFirstOrThrow());
    },
    async list(owner, query) {
      const { page, page_size } = validateQuery(PageQuery, query);
      const mine = db.selectFrom('project').where('owner', '=', owner);
      const rows = await mine
        .selectAll()
        .orderBy('id', 'desc')
        .limit(page_size)
        .offset((page - 1) * page_size)
        .execute();
      const { total } = await mine.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
      const count = Number(total);
      return { items: rows.map(view), total: count, page, page_size, pages: Math.ceil(count / page_size) };
    },
    async read(owner, text) {
      const id = known(text);
      return found(
        await db.selectFrom('project').selectAll().where('id', '=', id).where('owner', '=', owner).executeTakeFirst(),
      );
    },
    async update(owner, text, patch) {
      const id = known(text);
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
    async remove(owner, text) {
      const id = known(text);
      found(
        await db
          .deleteFrom('project')
          .where('id', '=', id)
          .where('owner', '=', owner)
          .returningAll()
          .executeTakeFirst(),
      );
    },
    async statistics() {
      const counted = await db
        .selectFrom('project')
        .select((eb) => [eb.fn.countAll<string>().as('projects'), eb.fn.count<string>('owner').distinct().as('owners')])
        .executeTakeFirstOrThrow();
      return { projects: Number(counted.projects), owners: Number(counted.owners) };
    },
  };
}
