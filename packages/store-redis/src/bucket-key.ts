import type { LimitBucket } from '@castellan/core/limits';

/**
 * Where a bucket lives: `castellan:2{partition}key`, with the number of the values' format. The braces make buckets of
 * one partition neighbours in a cluster, so a partition must not end them early: one that holds more than the letters of
 * an HMAC's text is written in such letters. A key that ends with its partition, as they do, need not say it again: then
 * the number is another one, so that no two keys become one.
 */
export function bucketKey(prefix: string): (bucket: LimitBucket) => string {
  return ({ partition, key }) => {
    const tag = plain.test(partition) ? partition : escaped(partition);
    if (key.endsWith(partition)) return `${prefix}2{${tag}}${key.slice(0, key.length - partition.length)}`;
    return `${prefix}3{${tag}}${key}`;
  };
}

const plain = /^[\w-]+$/;

/** Begins with a letter that none of the plain ones has, so that no two partitions become one. */
function escaped(partition: string): string {
  return `~${Buffer.from(partition, 'utf16le').toString('base64url')}`;
}
