/**
 * Reads an origin (RFC 6454) from configuration.
 *
 * @param path the option's path, named in the error
 * @returns as browsers send it in `Origin`: lower case, without the scheme's own port
 * @throws TypeError when the text is no http(s) origin, or more than one
 */
export function webOrigin(text: string, path: string): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.pathname === '/' && !/[?#@*\\]/.test(text) && !/\s/.test(text);
  if (!url || !isBare || !/^https?:$/.test(url.protocol))
    throw new TypeError(`${path} must be an origin such as 'https://app.example.com', not ${JSON.stringify(text)}`);
  return url.origin;
}

/** The origin of a URL that may have a path, or `undefined` when the text is no http(s) URL. */
export function originOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin } = new URL(text);
  return /^https?:$/.test(protocol) ? origin : undefined;
}

/** Whether what is sent to an origin can be read or changed on its way: http, and not to this machine. */
export function isExposed(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'http:' && !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
