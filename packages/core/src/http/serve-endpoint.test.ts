import { describe, expect, it } from 'vitest';
import { testExchange } from '../../../../tests/support/exchanges.ts';
import type { Endpoint } from './endpoint.ts';
import type { CompiledPolicy } from './entry.ts';
import type { HttpResponse, RequestBody } from './exchange.ts';
import { httpProblems } from './http-problems.ts';
import { jsonResponse } from './json-response.ts';
import { Problem } from './problem.ts';
import { createProblemResponse } from './problem-response.ts';
import { createEndpointServer } from './serve-endpoint.ts';

const problem = createProblemResponse({ catalogue: httpProblems });
const nothing = async (): Promise<RequestBody> => ({ value: undefined, raw: undefined });

function endpoint(handle: Endpoint['handle'], more: Partial<Endpoint> = {}): Endpoint {
  return { method: 'POST', path: '/x', public: true, handle, ...more };
}

function serve(
  served: Endpoint,
  policy: Partial<CompiledPolicy> = {},
  readBody: () => Promise<RequestBody> = nothing,
): Promise<HttpResponse> {
  const compiled = { head: [], body: [], route: undefined, ...policy };
  const server = createEndpointServer({ policyOf: () => compiled, problem });
  return server({ endpoint: served, params: { id: '1' } }, testExchange({ target: '/auth/x?a=1&a=2' }), readBody);
}

describe('createEndpointServer', () => {
  it('gives the handler parameters, query, body and context', async () => {
    const response = await serve(
      endpoint(
        ({ params, query, body, context }) =>
          jsonResponse(200, { params, a: query.getAll('a'), body: body.value, id: context.requestId }),
        { body: ['json'] },
      ),
      {},
      async () => ({ value: { b: 1 }, raw: undefined }),
    );
    expect(JSON.parse(response.body as string)).toEqual({
      params: { id: '1' },
      a: ['1', '2'],
      body: { b: 1 },
      id: 'request-1',
    });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('reads no body where the endpoint takes none', async () => {
    const response = await serve(
      endpoint(({ body }) => jsonResponse(200, body.value ?? null)),
      {},
      () => Promise.reject(new Error('was read')),
    );
    expect([response.status, response.body]).toEqual([200, 'null']);
  });

  it('a refusal at the head comes before the body is read, and every after sees it', async () => {
    const seen: number[] = [];
    const response = await serve(
      endpoint(() => jsonResponse(200, {}), { body: ['json'] }),
      {
        head: [
          () => (r) => {
            seen.push(r.status);
            return r;
          },
          async () => {
            throw new Problem('not_found');
          },
        ],
      },
      () => Promise.reject(new Error('was read')),
    );
    expect([response.status, seen]).toEqual([404, [404]]);
  });

  it.each([
    ['the body', {}, () => Promise.reject(new Problem('malformed_body')), 400],
    [
      'a body guard',
      {
        body: [
          () => {
            throw new Problem('validation_failed');
          },
        ],
      },
      nothing,
      422,
    ],
  ] as const)('what %s throws is a problem that every after sees', async (_, policy, readBody, status) => {
    const seen: number[] = [];
    const watch = () => (r: HttpResponse) => {
      seen.push(r.status);
      return r;
    };
    const response = await serve(
      endpoint(() => jsonResponse(200, {}), { body: ['json'] }),
      { head: [watch], ...policy },
      readBody,
    );
    expect([response.status, seen]).toEqual([status, [status]]);
  });

  it('what a handler throws, at once or later, is a problem', async () => {
    const now = await serve(
      endpoint(() => {
        throw new Problem('not_found');
      }),
    );
    const later = await serve(
      endpoint(async () => {
        throw new Error('secret');
      }),
    );
    expect([now.status, later.status]).toEqual([404, 500]);
    expect(later.body).not.toContain('secret');
  });

  it('an answer with a header that can not be written is a mistake of the handler', async () => {
    const response = await serve(endpoint(() => jsonResponse(200, {}, { location: 'a\r\nset-cookie: b=c' })));
    expect([response.status, response.headers['location']]).toEqual([500, undefined]);
  });

  it('another method is 405 with Allow', async () => {
    const server = createEndpointServer({ policyOf: () => ({ head: [], body: [], route: undefined }), problem });
    const response = await server({ allow: ['GET', 'HEAD'] }, testExchange(), nothing);
    expect([response.status, response.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});
