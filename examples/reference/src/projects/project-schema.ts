import * as z from 'zod';

const printable = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/, 'must not hold NUL');

/** Body of `POST /projects`. */
export const NewProject = z.strictObject({
  name: printable(100).min(1),
  description: printable(2000).nullable().optional(),
});
export type NewProject = z.infer<typeof NewProject>;

/** Body of `PATCH /projects/:id`. */
export const ProjectPatch = NewProject.partial();
export type ProjectPatch = z.infer<typeof ProjectPatch>;

/** An id in a path. What is no UUID can't exist. */
export const ProjectId = z.uuid();

/** Query of `GET /projects`. */
export const PageQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(20),
});
