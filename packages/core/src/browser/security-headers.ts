import type { Headers } from '../http/index.ts';
import { type CspDirectives, writeCsp } from './content-security-policy.ts';

/** How much is enforced: `dev` reports only and binds no browser to https, `staging` binds it for a day. */
export type SecurityProfile = 'dev' | 'staging' | 'prod';

/** A profile and what is to be different. */
export interface SecurityHeaderOptions {
  /** Default `prod`. */
  readonly profile?: SecurityProfile;
  /** Directives over the profile's, a whole policy as text, or `false` for none. */
  readonly contentSecurityPolicy?: CspDirectives | string | false;
  /** True: violations are reported and nothing is blocked. Default: in `dev`. */
  readonly reportOnly?: boolean;
  /** Where browsers send violations: the path of the mounted endpoint (`/auth/csp-report`) or a URL. Default nowhere. */
  readonly reportTo?: string;
  /** Other fields by name; `false` leaves one of the profile's out. */
  readonly headers?: Readonly<Record<string, string | false>>;
}

const CSP: CspDirectives = {
  'default-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
};

const EVERYWHERE: Headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy':
    'browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  // not `no-referrer`: browsers then send `Origin: null` with forms, which shows nothing of where they come from
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
};

const PROFILES: Readonly<Record<SecurityProfile, { readonly csp: CspDirectives; readonly headers: Headers }>> = {
  dev: { csp: CSP, headers: EVERYWHERE },
  staging: {
    csp: { ...CSP, 'upgrade-insecure-requests': true },
    headers: { ...EVERYWHERE, 'strict-transport-security': 'max-age=86400' },
  },
  prod: {
    csp: { ...CSP, 'upgrade-insecure-requests': true },
    headers: { ...EVERYWHERE, 'strict-transport-security': 'max-age=31536000; includeSubDomains' },
  },
};

const FIELD = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const LINE = /^[\x20-\x7e]+$/;
const CSP_FIELDS = ['content-security-policy', 'content-security-policy-report-only'];

/**
 * The fields of a profile, made once: they are the same for every answer.
 *
 * @param resolve makes a path into a URL of this API
 * @throws TypeError naming the option that makes no sense
 */
export function securityHeaders(
  choice: SecurityProfile | SecurityHeaderOptions,
  resolve: (path: string) => string,
): Headers {
  const options = typeof choice === 'string' ? { profile: choice } : choice;
  const { profile = 'prod', headers: own = {}, reportTo } = options;
  if (!Object.hasOwn(PROFILES, profile))
    throw new TypeError(`securityHeaders.profile is 'dev', 'staging' or 'prod', not ${JSON.stringify(profile)}`);
  const url = reportTo === undefined ? undefined : reportUrl(reportTo, resolve);
  const headers: Headers = { ...PROFILES[profile].headers, ...cspFields(profile, options, url) };
  for (const [name, value] of Object.entries(own)) {
    const field = name.toLowerCase();
    const path = `securityHeaders.headers[${JSON.stringify(name)}]`;
    if (!FIELD.test(field)) throw new TypeError(`${path} is no name of a header`);
    if (CSP_FIELDS.includes(field)) throw new TypeError(`${path}: set securityHeaders.contentSecurityPolicy`);
    if (value !== false && !LINE.test(value)) throw new TypeError(`${path} must be one line of ASCII`);
    if (value === false) delete headers[field];
    else headers[field] = value;
  }
  return headers;
}

function cspFields(profile: SecurityProfile, options: SecurityHeaderOptions, url: string | undefined): Headers {
  const { contentSecurityPolicy: own = {}, reportOnly = profile === 'dev' } = options;
  if (own === false) return {};
  const policy =
    typeof own === 'string' ? own : writeCsp(PROFILES[profile].csp, own, 'securityHeaders.contentSecurityPolicy');
  if (!LINE.test(policy)) throw new TypeError('securityHeaders.contentSecurityPolicy must be one line of ASCII');
  const field = `content-security-policy${reportOnly ? '-report-only' : ''}`;
  if (url === undefined) return { [field]: policy };
  return {
    // `report-uri` for browsers without the Reporting API
    [field]: `${policy.replace(/[; ]+$/, '')}; report-uri ${url}; report-to csp`,
    'reporting-endpoints': `csp="${url}"`,
    'report-to': JSON.stringify({ group: 'csp', max_age: 10_886_400, endpoints: [{ url }] }), // 18 weeks
  };
}

function reportUrl(target: string, resolve: (path: string) => string): string {
  const url = target.startsWith('/') ? resolve(target) : target;
  if (!/^https?:\/\/[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(url))
    throw new TypeError(`securityHeaders.reportTo must be a path or a URL, not ${JSON.stringify(target)}`);
  return url;
}
