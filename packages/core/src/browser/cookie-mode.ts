import type { CookieJar } from './cookie-jar.ts';
import type { Csrf } from './csrf.ts';

/** Tokens in cookies, and what keeps other sites from using them. Absent where cookie mode is off. */
export interface CookieMode {
  readonly jar: CookieJar;
  readonly csrf: Csrf;
}
