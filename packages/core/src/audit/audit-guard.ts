import { canonicalAddress, type Exchange, type Guard, isFlowing } from '../http/index.ts';
import type { Origin } from '../kernel/index.ts';
import type { ActionTable, MetaOf } from './action-registry.ts';
import type { Audit } from './audit.ts';

/** What an {@link auditGuard} is made of. */
export interface AuditGuardParts<T extends ActionTable, A extends keyof T & string> {
  readonly audit: Audit<T>;
  /** Written once per request, refusals too. */
  readonly action: A;
}

/**
 * A guard that writes one entry per request on the way out: who, from where, and whether it succeeded (status below
 * 400); the status itself where the action declares it. The answer waits until the entry is durable; when it can't be written the answer is a problem instead.
 */
export function auditGuard<T extends ActionTable, A extends keyof T & string>({
  audit,
  action,
}: AuditGuardParts<T, A>): Guard {
  const saysStatus = audit.saysStatus(action);
  return (exchange) => {
    const origin = originOf(exchange); // a socket that is closed tells no address any more
    return async (response) => {
      const record = (): Promise<void> =>
        audit.record({
          tenant: exchange.context.tenant,
          action,
          actor: exchange.context.principal?.subject ?? null, // filled in after this guard has passed
          outcome: response.status < 400 ? 'success' : 'failure',
          origin,
          ...(saysStatus && { meta: { status: response.status } as unknown as MetaOf<T[A]> }),
        });
      // the head of a flowing body has left already: hold its end back instead
      if (isFlowing(response.body)) response.body.beforeEnd(0, record);
      else await record();
      return response;
    };
  };
}

function originOf({ request, context }: Exchange): Origin {
  return {
    ip: canonicalAddress(request.ip),
    userAgent: request.headers['user-agent'] ?? null,
    requestId: context.requestId,
  };
}
