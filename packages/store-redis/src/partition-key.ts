/**
 * Where the budgets of a partition live: `castellan:5{partition}`, with the number of the values' format. The braces keep
 * what belongs to it in one slot of a cluster, so a partition must not end them early: one that holds more than the
 * letters of an HMAC's text is written in such letters.
 */
export function partitionKey(prefix: string): (partition: string) => string {
  const head = `${prefix}5{`;
  return (partition) => `${head}${plain.test(partition) ? partition : escaped(partition)}}`;
}

const plain = /^[\w-]+$/;

/** Begins with a letter that none of the plain ones has, so that no two partitions become one. */
function escaped(partition: string): string {
  return `~${Buffer.from(partition, 'utf16le').toString('base64url')}`;
}
