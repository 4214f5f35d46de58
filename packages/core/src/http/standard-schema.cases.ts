import type { StandardIssue, StandardSchemaV1 } from './standard-schema.ts';

/** A schema of no library: `check` answers the value, or what is wrong with it. */
export function schemaOf<Output>(
  check: (value: unknown) => { readonly value: Output } | { readonly issues: readonly StandardIssue[] },
  { late = false }: { readonly late?: boolean } = {},
): StandardSchemaV1<unknown, Output> {
  return {
    '~standard': {
      version: 1,
      vendor: 'none',
      validate: (value) => (late ? Promise.resolve().then(() => check(value)) : check(value)),
    },
  };
}

/** Takes `{ total: <a whole number> }` and answers it doubled, in another shape. */
export function doubled(options?: { readonly late?: boolean }): StandardSchemaV1<unknown, { readonly twice: number }> {
  return schemaOf((value) => {
    const { total } = value as { readonly total?: unknown };
    if (typeof total === 'number') return { value: { twice: total * 2 } };
    return { issues: [{ message: 'Expected a number', path: ['total'] }] };
  }, options);
}
