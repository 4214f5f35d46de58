import { isUuid } from '@castellan/core/kernel';
import { timestampValue } from '../driver/columns.ts';

/** A time in place of the database's clock, as it is bound; `null`: the clock. */
export function boundNow(now: number | undefined): string | null {
  return now === undefined ? null : timestampValue(now);
}

/** An id that somebody gave, as a `uuid` column is asked for it. What is no UUID equals nothing, as any unknown id. */
export function boundId(id: string): string | null {
  return isUuid(id) ? id : null;
}

/** A list of texts as PostgreSQL writes an array, where an `unnest` of several lists gives one to each row. */
export function boundTexts(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
