/** Directives by name: sources, `true` for a directive without any, `false` to take one off the profile's. */
export type CspDirectives = Readonly<Record<string, readonly string[] | boolean>>;

const NAME = /^[a-z][a-z-]*$/;
/** A source has no white space, and the characters that end it and its directive not either (CSP level 3 section 2.3). */
const SOURCE = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/;

/**
 * Writes a policy.
 *
 * @param own put over the profile's, directive by directive
 * @throws TypeError naming the directive that could not be read again
 */
export function writeCsp(profile: CspDirectives, own: CspDirectives, path: string): string {
  const directives: string[] = [];
  for (const [name, sources] of Object.entries({ ...profile, ...own })) {
    if (!NAME.test(name)) throw new TypeError(`${path} has a directive ${JSON.stringify(name)}`);
    if (sources === false) continue;
    const texts = sources === true ? [] : sources;
    for (const one of texts)
      if (!SOURCE.test(one))
        throw new TypeError(`${path}.${name} must hold single sources, not ${JSON.stringify(one)}`);
    directives.push([name, ...texts].join(' '));
  }
  return directives.join('; ');
}
