/**
 * Checks an id that the app gives.
 *
 * @throws TypeError naming `path` unless it is a text of 1–255 characters without NUL
 */
export function checkSubjectId(id: unknown, path: string): asserts id is string {
  checkText(id, 1, path);
}

/** @throws TypeError naming `path` unless it is a text of at most 255 characters without NUL */
export function checkTenant(tenant: unknown, path: string): asserts tenant is string {
  checkText(tenant, 0, path);
}

function checkText(value: unknown, least: number, path: string): void {
  // PostgreSQL counts code points where JavaScript counts UTF-16 units: what passes here passes there
  const fits = typeof value === 'string' && value.length >= least && value.length <= 255;
  if (!fits) throw new TypeError(`${path} must be a text of ${least}–255 characters, not ${describe(value)}`);
  if (value.includes('\0') || !value.isWellFormed())
    throw new TypeError(`${path} must not contain NUL or lone surrogates`);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `one of ${value.length}` : `a value of type ${typeof value}`;
}
