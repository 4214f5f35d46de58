import type { ProblemTable } from '../http/index.ts';

/** Problems of this slice. */
export const browserProblems: ProblemTable = {
  csrf_failed: { status: 403, title: 'The request does not show that it comes from a page that may make it' },
  origin_not_allowed: { status: 403, title: 'Pages of this origin may not use this API' },
  misdirected_host: { status: 421, title: 'This is not served under this host' },
};
