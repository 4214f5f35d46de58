import type { RequestBody } from '@castellan/core/http';
import { type Framework, probeTrust } from '@castellan/core/node';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OWN_ROUTE } from './guard-config.ts';

/** One request as Fastify hands it out. */
export interface FastifyCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What the library has read of the body itself. */
  read?: RequestBody;
}

/** Fastify as the shared part of the adapters sees it. */
export const fastifyFramework: Framework<FastifyCall> = {
  request: ({ request }) => request.raw,
  response: ({ reply }) => reply.raw,
  target: ({ request }) => request.originalUrl,
  route({ request }) {
    const { url, config } = request.routeOptions;
    return OWN_ROUTE in config ? undefined : url;
  },
  ip: ({ request }) => request.ip ?? '',
  trust({ request }) {
    if (request.ips === undefined) return 'nobody';
    return probeTrust((raw) => (Object.create(request, { raw: { value: raw } }) as FastifyRequest).ip);
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
