import * as z from 'zod';

type MembersOf = Readonly<Record<string, unknown>>;
const Members = z.record(z.string(), z.unknown());

/** Body of type `application/csp-report`. */
export const CspReport: z.ZodType<{ readonly 'csp-report': MembersOf }> = z.object({ 'csp-report': Members });
/** Body of type `application/reports+json`. */
export const Reports: z.ZodType<readonly unknown[]> = z.array(z.unknown());
/** One of them that is about CSP. */
export const Report: z.ZodType<{ readonly body: MembersOf }> = z.object({
  type: z.literal('csp-violation'),
  body: Members,
});
