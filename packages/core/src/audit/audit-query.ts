import * as z from 'zod';

/** Query of `GET /audit`. */
export const AuditQuery: z.ZodType<{ readonly cursor?: string | undefined; readonly limit: number }> = z.object({
  cursor: z.string().optional(),
  limit: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(20),
});
