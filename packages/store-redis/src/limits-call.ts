import type { LimitBucket } from '@castellan/core/limits';
import type { CheckShapes } from './check-shapes.ts';
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

/** What a script is given: `lua/call.ts` says what each number means. */
export interface LimitsCall {
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Puts checks into calls. */
export type LimitsCalls = (checks: readonly AskedCheck[]) => LimitsCall;

/** Shapes whose place fits into the first letter of a check. */
const SHORT_SHAPES = 31;

/** Makes it. A key that several checks of a call name is read and written once. */
export function limitsCalls(shapes: CheckShapes, keyOf: (partition: string) => string): LimitsCalls {
  let call = 0;
  return (checks) => {
    call++;
    const keys: string[] = [];
    const places = new Map<string, number>();
    let told = '';
    let size = 0;
    let text = '';
    for (const { buckets, times, at } of checks) {
      const shape = shapes.of(buckets);
      if (shape.call !== call) {
        shape.call = call;
        shape.place = ++size;
        told += shape.text;
      }
      const { firsts, place } = shape;
      let isShort = firsts.length > 0 && at === undefined && times > 0 && place <= SHORT_SHAPES;
      for (const first of firsts) {
        const partition = buckets[first]?.partition ?? '';
        if (places.has(partition)) isShort = false;
        else places.set(partition, keys.push(keyOf(partition)));
      }
      if (isShort) {
        text += times === 1 ? numberText(place) : numberText(place + 32) + numberText(times);
        continue;
      }
      text += numberText(0) + numberText(place) + numberText(times) + (at === undefined ? '' : numberText(at));
      for (const first of firsts) text += numberText(places.get(buckets[first]?.partition ?? '') ?? 0);
    }
    return { keys, args: [numberText(size) + told + text] };
  };
}
