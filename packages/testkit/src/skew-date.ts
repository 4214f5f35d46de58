/**
 * Moves `Date` of this process by milliseconds until the answer is called, as a machine with a wrong clock would have
 * it. For {@link StoreHarness.skewAppClock}.
 */
export function skewDate(offsetMs: number): () => void {
  const Real = globalThis.Date;
  const now = (): number => Real.now() + offsetMs;
  globalThis.Date = new Proxy(Real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
  return () => {
    globalThis.Date = Real;
  };
}
