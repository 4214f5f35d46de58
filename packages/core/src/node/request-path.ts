/** RFC 9112 section 3.2.2: a proxy's client may send the whole URL. */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

/** The path of a request's target as it was sent: nothing is decoded, no slash is taken away. */
export function requestPath(target: string | undefined): string {
  if (!target) return '/';
  const local = target.startsWith('/') ? target : target.replace(AUTHORITY, '');
  const [path = ''] = local.split(/[?#]/, 1);
  return path === '' ? '/' : path;
}
