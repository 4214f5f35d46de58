import type { Origin } from '../kernel/index.ts';
import { canonicalAddress } from './address.ts';
import type { Exchange } from './exchange.ts';
import { givenRequestId } from './request-id.ts';
import { type Carrier, rawOf, seatOf } from './seat.ts';

const USER_AGENT_LENGTH = 512;

/**
 * Where a request came from. Of one that met no guard it is what the framework itself says (`ip`), else the socket's
 * address.
 */
export function originOf(from: Carrier | Exchange): Origin {
  if (isExchange(from)) return ofExchange(from);
  const exchange = seatOf(from)?.exchange;
  if (exchange) return ofExchange(exchange);
  const raw = rawOf(from);
  const ip = ipOf(from) ?? ipOf(raw) ?? raw.socket?.remoteAddress;
  return {
    ip: canonicalAddress(ip),
    userAgent: cut(raw.headers?.['user-agent']),
    requestId: givenRequestId(raw.headers ?? {}) ?? null,
  };
}

function ofExchange({ request, context }: Exchange): Origin {
  return {
    ip: canonicalAddress(request.ip),
    userAgent: cut(request.headers['user-agent']),
    requestId: context.requestId,
  };
}

function isExchange(from: Carrier | Exchange): from is Exchange {
  return 'context' in from && 'request' in from;
}

/** Express, Fastify and Koa all call it `ip`, each by its own trust-proxy rule. */
function ipOf(carrier: object): string | undefined {
  const ip = (carrier as { readonly ip?: unknown }).ip;
  return typeof ip === 'string' && ip !== '' ? ip : undefined;
}

function cut(userAgent: string | undefined): string | null {
  if (!userAgent) return null;
  return userAgent.slice(0, USER_AGENT_LENGTH).toWellFormed();
}
