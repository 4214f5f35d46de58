import { maskCredentials } from '../kernel/index.ts';

/** What a browser says of something that a policy blocked, or would have. No URL has its query or fragment. */
export interface CspViolation {
  readonly documentUrl: string | null;
  /** A URL, or a word such as `inline`, `eval` or `data`. */
  readonly blocked: string | null;
  /** Such as `script-src-elem`. */
  readonly directive: string | null;
  readonly disposition: 'enforce' | 'report' | null;
  readonly sourceFile: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

type Members = Readonly<Record<string, unknown>>;

const URL_LENGTH = 512;

/** Of the body of a `csp-violation` report (Reporting API, CSP level 3 section 5.3). */
export function violationOfReport(body: Members): CspViolation {
  return {
    documentUrl: safeUrl(body['documentURL']),
    blocked: safeUrl(body['blockedURL']),
    directive: directive(body['effectiveDirective']),
    disposition: disposition(body['disposition']),
    sourceFile: safeUrl(body['sourceFile']),
    line: count(body['lineNumber']),
    column: count(body['columnNumber']),
  };
}

/** Of the member `csp-report` (CSP level 2 section 4.4). */
export function violationOfCspReport(report: Members): CspViolation {
  return {
    documentUrl: safeUrl(report['document-uri']),
    blocked: safeUrl(report['blocked-uri']),
    directive: directive(report['effective-directive'] ?? report['violated-directive']),
    disposition: disposition(report['disposition']),
    sourceFile: safeUrl(report['source-file']),
    line: count(report['line-number']),
    column: count(report['column-number']),
  };
}

/**
 * What may be logged of a URL that anybody may have sent: of a web page origin and path, of everything else the scheme.
 * Query, fragment and user may hold what no log should, and a path a token; samples of scripts and the policy are left out for the same.
 */
function safeUrl(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/^[a-z-]{1,32}$/.test(value)) return value;
  if (!URL.canParse(value)) return null;
  const { protocol, origin, pathname } = new URL(value);
  if (!/^(https?|wss?):$/.test(protocol)) return protocol.slice(0, 32).replace(':', '');
  return maskCredentials(origin + pathname).slice(0, URL_LENGTH);
}

/** Old browsers send the whole directive: its name is enough. */
function directive(value: unknown): string | null {
  return typeof value === 'string' ? (/^[a-z][a-z-]{1,63}(?= |$)/.exec(value)?.[0] ?? null) : null;
}

function disposition(value: unknown): CspViolation['disposition'] {
  return value === 'enforce' || value === 'report' ? value : null;
}

function count(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}
