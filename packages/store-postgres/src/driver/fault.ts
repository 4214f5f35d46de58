/**
 * What an error of the database means for the call that met it (docs/storage.md, faults).
 * `not_executed`: the statement certainly never ran. `rolled_back`: the server undid it and says so.
 * `connection_lost`: the outcome is unknown. `broken_plan`: the connection's named statements are gone or stale.
 * `read_only`: the connection leads to a server that has become a standby. `result`: a violated constraint.
 * `unavailable`: the database cannot serve now, and trying again at once would not help.
 * `mistake`: the statement, the schema or the caller's own code is wrong; nothing to wait for.
 */
export type Fault =
  | 'not_executed'
  | 'rolled_back'
  | 'connection_lost'
  | 'broken_plan'
  | 'read_only'
  | 'result'
  | 'unavailable'
  | 'mistake';

/** No connection came in time. */
export class ConnectionWaitError extends Error {
  override readonly name = 'ConnectionWaitError';
}

/** The statement's answer did not come in time; its connection was destroyed. */
export class AnswerLateError extends Error {
  override readonly name = 'AnswerLateError';
}

/**
 * Where a call was when it failed: asking for a connection, with a statement under way, or in the caller's own code
 * inside a transaction (whose sockets may be anybody's).
 */
export type Phase = 'connect' | 'query' | 'work';

// letters begin only a few classes of SQLSTATE; EPIPE is an error of the socket and no SQLSTATE
const sqlState = /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;

/** The SQLSTATE of an error of the server; `undefined` for every other error. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && sqlState.test(code) ? code : undefined;
}

/** What the fault is. Errors that did not come from a database are `mistake`s: they belong to the caller's code. */
export function faultOf(error: unknown, phase: Phase = 'query'): Fault {
  if (error instanceof ConnectionWaitError) return 'not_executed';
  if (error instanceof AnswerLateError) return 'connection_lost';
  const state = sqlStateOf(error);
  if (state !== undefined) return lostItsPartition(error, state) ? 'rolled_back' : faultOfState(state, phase);
  if (isPoolWait(error)) return 'not_executed';
  if (isUncodedLoss(error)) return phase === 'connect' ? 'not_executed' : 'connection_lost';
  if (phase === 'work') return 'mistake';
  const code = codeOf(error);
  if (code !== undefined && refusedCodes.has(code)) return 'not_executed';
  if (code !== undefined && lostCodes.has(code)) return phase === 'connect' ? 'not_executed' : 'connection_lost';
  // a host that cannot be reached for whatever reason (TLS, an ended pool) is no mistake of a statement
  return phase === 'connect' ? 'unavailable' : 'mistake';
}

/**
 * A row was on its way to the default partition while its month got one of its own: the row waited for the lock and is
 * then refused like a violated check, but without the name of one. The same again goes to the new partition.
 */
function lostItsPartition(error: unknown, state: string): boolean {
  return state === '23514' && !(error as { readonly constraint?: unknown }).constraint;
}

const refusedCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENOENT']);
const lostCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
]);

function faultOfState(state: string, phase: Phase): Fault {
  switch (state) {
    case '57P03': // cannot connect now: starting up or shutting down
    case '53300': // too many connections
      return 'not_executed';
    case '40001':
    case '40P01':
    case '55P03':
      return 'rolled_back';
    case '26000': // the pooler said DEALLOCATE ALL
    case '0A000': // cached plan must not change result type
      return 'broken_plan';
    case '25006':
      return 'read_only';
    case '57P01':
    case '57P02':
    case '57P05':
    case '25P03': // idle in transaction for too long: the server has closed the connection
      return phase === 'connect' ? 'not_executed' : 'connection_lost';
    case '42P05': // a pooler that mixes up names: the statement was not executed, without a name it will be
      return 'broken_plan';
  }
  switch (state.slice(0, 2)) {
    case '23':
      return 'result';
    case '08':
      return phase === 'connect' ? 'not_executed' : 'connection_lost';
    case '28': // wrong password
    case '3D': // no such database
    case '40':
    case '53':
    case '54':
    case '55':
    case '57':
    case '58':
    case 'F0':
    case 'XX':
      return 'unavailable';
    default:
      return 'mistake';
  }
}

/** Whether the server closes the connection after this error, so that it must not go back to the pool. */
export function isFatal(error: unknown): boolean {
  const severity = typeof error === 'object' && error !== null && 'severity' in error ? error.severity : undefined;
  return severity === 'FATAL' || severity === 'PANIC' || sqlStateOf(error)?.startsWith('57P0') === true;
}

// pg and pg-pool give these no code; without them a restart of the server would look like a mistake in our code
const lossMessages: readonly RegExp[] = [
  /^Connection terminated/,
  /^Client has encountered a connection error/,
  /^Client was closed/,
  /^Postgres connection has been discarded/,
  /^timeout expired$/,
];

function isUncodedLoss(error: unknown): boolean {
  return error instanceof Error && lossMessages.some((message) => message.test(error.message));
}

function isPoolWait(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
