import { type Endpoint, emptyResponse, originOf, validateBody } from '../http/index.ts';
import type { TellBrowser } from './browser-events.ts';
import { type CspViolation, violationOfCspReport, violationOfReport } from './csp-violation.ts';

/** As many violations as one fact tells; the others are only counted. */
const MAX_TOLD = 20;

/**
 * `POST /csp-report`, for `report-uri` (`application/csp-report`) and the Reporting API (`application/reports+json`).
 * Anybody may send one, so nothing of it is believed, and little of it is told.
 */
export function cspReportEndpoint(tell: TellBrowser): Endpoint {
  return {
    method: 'POST',
    path: '/csp-report',
    public: true,
    body: ['csp-report', 'reports'],
    async handle(call) {
      const violations = await violationsOf(call.body.value);
      if (violations.length > 0)
        tell('csp.reported', {
          tenant: call.context.tenant,
          origin: originOf(call),
          count: violations.length,
          violations: violations.slice(0, MAX_TOLD).map((violation) => violation()),
        });
      return emptyResponse();
    },
  };
}

/** Reports of other types (`deprecation`, `network-error`) may come to the same address, and are left alone. */
async function violationsOf(body: unknown): Promise<readonly (() => CspViolation)[]> {
  const { CspReport, Report, Reports } = await import('./csp-report-body.ts');
  if (!Array.isArray(body)) {
    const report = validateBody(CspReport, body)['csp-report'];
    return [() => violationOfCspReport(report)];
  }
  return validateBody(Reports, body).flatMap((one) => {
    const report = Report.safeParse(one);
    return report.success ? [() => violationOfReport(report.data.body)] : [];
  });
}
