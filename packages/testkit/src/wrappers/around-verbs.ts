/** The name of a verb of a port. */
export type VerbOf<S extends object> = Extract<keyof S, string>;

/**
 * What a wrapper does around a call.
 *
 * @param nth the how-manieth call of this verb it is, from 1
 */
export type AroundVerb<S extends object> = (
  verb: VerbOf<S>,
  nth: number,
  carryOut: () => Promise<unknown>,
) => Promise<unknown>;

/** An object of the same type, whose every method is a verb that goes through `around`. */
export function aroundVerbs<S extends object>(store: S, around: AroundVerb<S>): S {
  const calls = new Map<string, number>();
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...parameters: readonly unknown[]): Promise<unknown> => {
        const nth = (calls.get(name) ?? 0) + 1;
        calls.set(name, nth);
        return around(name as VerbOf<S>, nth, async () => Reflect.apply(member, target, parameters));
      };
    },
  });
}
