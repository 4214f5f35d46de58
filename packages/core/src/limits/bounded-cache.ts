/** Values that can be made again, kept for those who come often. */
export interface BoundedCache<V> {
  of(name: string, make: (name: string) => V): V;
}

/** Names longer than this are not kept: callers choose some of them. */
const LONGEST = 256;

/** Keeps between `size` and twice as many of the names that were asked for last. */
export function boundedCache<V>(size: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return {
    of(name, make) {
      const kept = young.get(name);
      if (kept !== undefined) return kept;
      const value = old.get(name) ?? make(name);
      if (name.length > LONGEST) return value;
      if (young.size >= size) {
        old = young;
        young = new Map();
      }
      young.set(name, value);
      return value;
    },
  };
}
