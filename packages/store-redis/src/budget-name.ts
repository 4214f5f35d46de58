import { createHash } from 'node:crypto';
import type { LimitBucket } from '@castellan/core/limits';
import { ruleText } from './rule-text.ts';

/** What a budget's key says beside its partition. */
export interface BudgetTag {
  readonly tag: string;
  /** Whether the key is the tag and then the partition, as they are; else it is the tag. */
  readonly ends: boolean;
}

/** Takes a key apart. */
export function tagOf({ key, partition }: Pick<LimitBucket, 'key' | 'partition'>): BudgetTag {
  const ends = key.endsWith(partition);
  return { tag: ends ? key.slice(0, key.length - partition.length) : key, ends };
}

/**
 * A budget's name within its partition: 48 bits of a hash, never 0, so that the limits that one caller meets don't meet
 * each other. The rule belongs to it: numbers are never read as what they are not, and a changed limit begins anew.
 */
export function budgetName(bucket: LimitBucket): number {
  const { tag, ends } = tagOf(bucket);
  const text = `${ruleText(bucket.rule)}${ends ? '+' : '-'}${tag}`;
  return createHash('sha256').update(text).digest().readUIntLE(0, 6) || 1;
}
