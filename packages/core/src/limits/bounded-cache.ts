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

/** Keeps of the names that were asked for last up to `size`, or twice as many. What takes another's place counts too. */
export function boundedCache<V>(size: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  let kept = 0;
  function find(name: string): V | undefined {
    const value = young.get(name);
    if (value !== undefined) return value;
    const before = old.get(name);
    if (before !== undefined) keep(name, before);
    return before;
  }
  function keep(name: string, value: V): void {
    if (name.length > LONGEST) return;
    // counted are those who were kept, not the names: a value may hold the one whose place it takes
    if (kept >= size) {
      old = young;
      young = new Map();
      kept = 0;
    }
    kept++;
    young.set(name, value);
  }
  return {
    of(name, make) {
      const known = find(name);
      if (known !== undefined) return known;
      const value = make(name);
      keep(name, value);
      return value;
    },
    find,
    keep,
  };
}
