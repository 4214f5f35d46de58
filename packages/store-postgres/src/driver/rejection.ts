import { StoreUnavailableError } from '@castellan/core/kernel';
import { DatabaseConflict } from './conflict.ts';
import { type Fault, sqlStateOf } from './fault.ts';

/** What a verb sees when the tries are over. The message names no data: it may be logged. */
export function rejectionOf(fault: Fault, error: unknown): unknown {
  if (error instanceof StoreUnavailableError || error instanceof DatabaseConflict) return error;
  switch (fault) {
    case 'result':
      return new DatabaseConflict(sqlStateOf(error) ?? '23000', constraintOf(error), { cause: error });
    case 'mistake':
      return error;
    case 'not_executed':
      return unavailable('no connection', error);
    case 'connection_lost':
      return unavailable('the connection was lost or its answer did not come in time', error);
    case 'rolled_back':
      return unavailable('rolled back by the server, again and again', error);
    case 'read_only':
      return unavailable('the server is read-only', error);
    case 'broken_plan':
      // it was repeated without a name: then 0A000 does not speak of a plan, but of a feature that the server lacks
      return sqlStateOf(error) === '0A000' ? error : unavailable('the connection refuses named statements', error);
    case 'unavailable':
      return unavailable(`refused by the server (${sqlStateOf(error) ?? 'no code'})`, error);
  }
}

function unavailable(message: string, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError('postgres', message, { cause });
}

function constraintOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}
