/** Values that can be made again, kept for those who come often. */
export interface BoundedCache<V> {
  of(name: string, make: (name: string) => V): V;
  /** What is kept, as it is. */
  find(name: string): V | undefined;
  /** Takes the place of what was kept by this name. */
  keep(name: string, value: V): void;
}

/** Names longer than this are not kept: callers choose some of them. */
const LONGEST = 256;

/** Keeps between `size` and twice as many of the names that were asked for last. */
export function boundedCache<V>(size: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  function find(name: string): V | undefined {
    const kept = young.get(name);
    if (kept !== undefined) return kept;
    const before = old.get(name);
    if (before !== undefined) keep(name, before);
    return before;
  }
  function keep(name: string, value: V): void {
    if (name.length > LONGEST) return;
    if (young.size >= size) {
      old = young;
      young = new Map();
    }
    young.set(name, value);
  }
  return {
    of(name, make) {
      const kept = find(name);
      if (kept !== undefined) return kept;
      const value = make(name);
      keep(name, value);
      return value;
    },
    find,
    keep,
  };
}
