import { webOrigin } from './web-origin.ts';

/** Where a redirect may lead. */
export interface SafeNextOptions {
  /** The own origin: `https://app.example.com`. */
  readonly origin: string;
  /** Other origins. Default none. */
  readonly allow?: readonly string[];
}

const MAX_LENGTH = 2048;
/** Browsers drop tabs and line breaks inside a URL, trim what is around it, and read a backslash as a slash. */
const UNSAFE = /[\p{Cc} \\]/u;

/**
 * The target of a redirect that came with a request (`?next=…`), when it leads to the own origin or an allowed one;
 * otherwise `undefined`, and the caller goes to a page of its own choice.
 *
 * @param target a path that begins with one slash, or a whole URL; anything, as it came
 * @returns of the own origin the path, query and fragment; of another the URL. Written anew, never as it came
 * @throws TypeError when an option is no origin
 */
export function safeNext(target: unknown, { origin, allow = [] }: SafeNextOptions): string | undefined {
  const own = webOrigin(origin, 'origin');
  const others = allow.map((one, at) => webOrigin(one, `allow[${at}]`));
  if (typeof target !== 'string' || target.length > MAX_LENGTH || UNSAFE.test(target)) return undefined;
  if (!/^(\/(?!\/)|https?:\/\/[^/])/i.test(target) || !URL.canParse(target, own)) return undefined;
  const url = new URL(target, own);
  if (url.username !== '' || url.password !== '' || !isOnePath(url.pathname)) return undefined;
  if (url.origin === own) return url.pathname + url.search + url.hash;
  return others.includes(url.origin) ? url.href : undefined;
}

/** Not even for a reader that decodes once or twice more does the path begin like a host, or break a header's line. */
function isOnePath(path: string): boolean {
  for (let read = path, times = 0; times < 3; times++) {
    if (read.startsWith('//') || UNSAFE.test(times === 0 ? read : read.replaceAll(' ', ''))) return false;
    try {
      read = decodeURIComponent(read);
    } catch {
      return true; // nobody decodes it any further
    }
  }
  return true;
}
