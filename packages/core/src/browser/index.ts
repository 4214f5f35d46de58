/**
 * What keeps browsers and their users safe: cookies, CSRF, CORS, security headers, hosts, redirect targets.
 * @packageDocumentation
 */
export type { BrowserEvents, TellBrowser } from './browser-events.ts';
export { browserProblems } from './browser-problems.ts';
export type { CspDirectives } from './content-security-policy.ts';
export {
  type CookieJar,
  type CookieKind,
  type CookieNames,
  type CookieOptions,
  createCookieJar,
} from './cookie-jar.ts';
export type { CookieMode } from './cookie-mode.ts';
export { cookieValue, setCookie } from './cookies.ts';
export { type Cors, type CorsOptions, type CorsVerdict, createCors } from './cors.ts';
export { cspReportEndpoint } from './csp-report-endpoint.ts';
export type { CspViolation } from './csp-violation.ts';
export { type Csrf, type CsrfOptions, createCsrf } from './csrf.ts';
export { csrfEndpoint } from './csrf-endpoint.ts';
export { type CsrfKey, type CsrfKeys, type CsrfTokens, createCsrfTokens } from './csrf-token.ts';
export { type CsrfRequest, type CsrfVerdict, csrfVerdict, isBearerMode } from './csrf-verdict.ts';
export { createHostGuard, type HostGuard, type HostOptions } from './host-guard.ts';
export { type SafeNextOptions, safeNext } from './safe-next.ts';
export { type SecurityHeaderOptions, type SecurityProfile, securityHeaders } from './security-headers.ts';
export { isExposed, originOfUrl, webOrigin } from './web-origin.ts';
