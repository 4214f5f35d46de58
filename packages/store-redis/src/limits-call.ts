import type { LimitBucket } from '@castellan/core/limits';
import { shapeTable } from './check-shapes.ts';
import { numberText } from './number-text.ts';
import type { RedisArgument } from './redis-like.ts';

/** A check, or the part of it that lies in one slot, as a script is asked about it. */
export interface AskedCheck {
  readonly buckets: readonly LimitBucket[];
  /** 0: only how its budgets stand. */
  readonly times: number;
  /** Of a check that is given back: when it was granted, µs. */
  readonly at?: number;
}

/** What a script is given: `limits-lua.ts` says what each number means. */
export interface LimitsCall {
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Shapes whose place fits into the first letter of a check. */
const SHORT_SHAPES = 31;

/** Puts checks into a call; a key that several name is read and written once. */
export function limitsCall(checks: readonly AskedCheck[], keyOf: (bucket: LimitBucket) => string): LimitsCall {
  const keys: string[] = [];
  const places = new Map<string, number>();
  const shapes = shapeTable();
  let text = '';
  for (const { buckets, times, at } of checks) {
    const shape = shapes.placeOf(buckets);
    const before = keys.length;
    let named = '';
    for (const bucket of buckets) {
      const key = keyOf(bucket);
      let place = places.get(bucket.key);
      if (place === undefined || keys[place - 1] !== key) {
        place = keys.push(key);
        places.set(bucket.key, place);
      }
      named += numberText(place);
    }
    const isNew = buckets.length > 0 && keys.length === before + buckets.length;
    if (isNew && at === undefined && times > 0 && shape <= SHORT_SHAPES)
      text += times === 1 ? numberText(shape) : numberText(shape + 32) + numberText(times);
    else
      text += numberText(0) + numberText(shape) + numberText(times) + (at === undefined ? '' : numberText(at)) + named;
  }
  return { keys, args: [shapes.text() + text] };
}
