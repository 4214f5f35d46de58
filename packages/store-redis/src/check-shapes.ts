import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import { numberText } from './number-text.ts';

/** What checks have in common but for their keys: each shape is told once in a call. */
export interface ShapeTable {
  /** From 1 on, in the order in which they came. */
  placeOf(buckets: readonly LimitBucket[]): number;
  /** All of them, for a script. */
  text(): string;
}

/** Makes an empty one. */
export function shapeTable(): ShapeTable {
  const singles = new Map<LimitRule, number>();
  const places = new Map<string, number>();
  const rules = new Map<LimitRule, string>();
  let text = '';
  let size = 0;

  function placeOf(buckets: readonly LimitBucket[]): number {
    let shape = numberText(buckets.length);
    for (const { rule, cost } of buckets) {
      let rulePart = rules.get(rule);
      if (rulePart === undefined) {
        rulePart = ruleText(rule);
        rules.set(rule, rulePart);
      }
      shape += rulePart + numberText(cost);
    }
    let place = places.get(shape);
    if (place === undefined) {
      place = ++size;
      places.set(shape, place);
      text += shape;
    }
    return place;
  }

  return {
    placeOf(buckets) {
      const only = buckets.length === 1 ? buckets[0] : undefined;
      if (only?.cost !== 1) return placeOf(buckets);
      let place = singles.get(only.rule);
      if (place === undefined) {
        place = placeOf(buckets);
        singles.set(only.rule, place);
      }
      return place;
    },
    text: () => numberText(size) + text,
  };
}

/** Kind, limit and span, as the scripts know them. */
function ruleText(rule: LimitRule): string {
  switch (rule.kind) {
    case 'window':
      return numberText(0) + numberText(rule.limit) + numberText(Math.ceil(rule.windowUs / 16));
    case 'rate':
      return numberText(1) + numberText(rule.burst) + numberText(rule.intervalUs);
    case 'quota':
      return numberText(2) + numberText(rule.limit) + numberText(rule.windowUs);
  }
}
