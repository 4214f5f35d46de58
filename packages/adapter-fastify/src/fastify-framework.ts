import type { RequestBody } from '@castellan/core/http';
import type { Framework } from '@castellan/core/node';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOwnRoute } from './guard-config.ts';

/** One request as Fastify hands it out. */
export interface FastifyCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What the library has read of the body itself. */
  read?: RequestBody;
}

/** No list of proxies and no number of hops believes as far as this: Fastify does not tell its setting. */
const FARTHEST = '192.0.2.1';
const FAR = {
  headers: { 'x-forwarded-for': [FARTHEST, ...Array.from({ length: 50 }, () => '192.0.2.2')].join(', ') },
  socket: { remoteAddress: '192.0.2.3' },
};

/** Fastify as the shared part of the adapters sees it. */
export const fastifyFramework: Framework<FastifyCall> = {
  request: ({ request }) => request.raw,
  response: ({ reply }) => reply.raw,
  target: ({ request }) => request.originalUrl,
  route({ request }) {
    const { url, config } = request.routeOptions;
    return isOwnRoute(config) ? undefined : url;
  },
  ip: ({ request }) => request.ip ?? '',
  trust({ request }) {
    if (request.ips === undefined) return 'nobody';
    const ip = Object.create(request, { raw: { value: FAR } }).ip as unknown;
    return ip === FARTHEST ? 'everybody' : 'some';
  },
  body: () => ({ value: undefined }), // the library reads before Fastify's parsers do
  putBody(call, read) {
    call.read = read;
  },
  putHeaders({ reply }, headers) {
    for (const name in headers) reply.header(name, headers[name]);
  },
  release({ reply }) {
    const prepared = reply.getHeaders();
    reply.hijack();
    for (const [name, value] of Object.entries(prepared)) if (value !== undefined) reply.raw.setHeader(name, value);
  },
};
