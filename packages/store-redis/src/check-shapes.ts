import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import { type BudgetTag, budgetName, tagOf } from './budget-name.ts';
import { numberText } from './number-text.ts';
import { ruleText } from './rule-text.ts';

/** What checks have in common but for their callers: told once in a call. */
export interface CheckShape {
  readonly text: string;
  /** The partitions of a check, by the first bucket that is of each. */
  readonly firsts: readonly number[];
  /** The call in which it was told last, and its place there. */
  call: number;
  place: number;
}

/** Knows shapes from call to call: an app has few. */
export interface CheckShapes {
  of(buckets: readonly LimitBucket[]): CheckShape;
}

interface KnownShape extends CheckShape {
  readonly parts: readonly BucketPart[];
}

interface BucketPart extends BudgetTag {
  readonly rule: LimitRule;
  readonly cost: number;
  /** Its place among the check's partitions. */
  readonly partition: number;
}

/** Shapes that are remembered of each first rule: more belong to keys that are each used once. */
const MOST_OF_RULE = 8;
const MOST_RULES = 1000;

/** Makes an empty set. */
export function checkShapes(): CheckShapes {
  const byRule = new Map<LimitRule | undefined, KnownShape[]>();
  let last: KnownShape | undefined;

  function find(buckets: readonly LimitBucket[]): KnownShape {
    const rule = buckets[0]?.rule;
    const known = byRule.get(rule);
    if (known) for (const shape of known) if (isOf(shape, buckets)) return shape;
    const made = shapeOf(buckets);
    if (known) {
      known.unshift(made);
      if (known.length > MOST_OF_RULE) known.pop();
    } else {
      if (byRule.size >= MOST_RULES) byRule.clear();
      byRule.set(rule, [made]);
    }
    return made;
  }

  return {
    of(buckets) {
      if (!last || !isOf(last, buckets)) last = find(buckets);
      return last;
    },
  };
}

function isOf({ parts, firsts }: KnownShape, buckets: readonly LimitBucket[]): boolean {
  if (parts.length !== buckets.length) return false;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    const bucket = buckets[i];
    if (!part || !bucket || part.rule !== bucket.rule || part.cost !== bucket.cost) return false;
    const { tag } = part;
    const { key, partition } = bucket;
    if (key.length !== (part.ends ? tag.length + partition.length : tag.length) || !key.startsWith(tag)) return false;
    if (key.endsWith(partition) !== part.ends) return false;
    const first = firsts[part.partition] ?? i;
    if (first !== i) {
      if (partition !== buckets[first]?.partition) return false;
    } else if (i > 0) {
      for (let k = 0; k < i; k++) if (buckets[k]?.partition === partition) return false;
    }
  }
  return true;
}

function shapeOf(buckets: readonly LimitBucket[]): KnownShape {
  const partitions = new Map<string, number>();
  const firsts: number[] = [];
  let text = '';
  const parts = buckets.map((bucket, i): BucketPart => {
    const { rule, cost, partition } = bucket;
    let place = partitions.get(partition);
    if (place === undefined) {
      place = firsts.push(i) - 1;
      partitions.set(partition, place);
    }
    text += ruleText(rule) + numberText(cost) + numberText(budgetName(bucket)) + numberText(place);
    return { rule, cost, ...tagOf(bucket), partition: place };
  });
  return { parts, firsts, text: numberText(firsts.length) + numberText(buckets.length) + text, call: 0, place: 0 };
}
