/** A path of member names and indexes as a JSON Pointer (RFC 6901). The whole value is `''`. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  let pointer = '';
  for (const step of path) pointer += `/${pointerStep(String(step))}`;
  return pointer;
}

/** One reference token, escaped (RFC 6901 section 3). */
export function pointerStep(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}
