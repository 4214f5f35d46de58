import { accountProblems } from './accounts/index.ts';
import { browserProblems } from './browser/index.ts';
import { httpProblems, mergeProblems, type ProblemTable } from './http/index.ts';
import { limitProblems } from './limits/index.ts';
import { sessionProblems } from './sessions/index.ts';
import { tokenProblems } from './tokens/index.ts';

/** Every problem of the library, by code. docs/problems.md says when each is answered. */
export const problemCatalogue: ProblemTable = mergeProblems(
  httpProblems,
  browserProblems,
  tokenProblems,
  sessionProblems,
  accountProblems,
  limitProblems,
);
