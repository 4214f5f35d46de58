import { describe, expect, it } from 'vitest';
import { testExchange } from '../../../../tests/support/exchanges.ts';
import { StoreUnavailableError } from '../kernel/index.ts';
import type { HttpResponse } from './exchange.ts';
import { httpProblems } from './http-problems.ts';
import { notImplemented } from './not-implemented.ts';
import { Problem } from './problem.ts';
import { mergeProblems } from './problem-catalogue.ts';
import { createProblemResponse, type ProblemResponseOptions } from './problem-response.ts';

const catalogue = mergeProblems(httpProblems, { conflict: { status: 409, title: 'Somebody was faster' } });

function respond(error: unknown, options: Partial<ProblemResponseOptions> = {}): HttpResponse {
  return createProblemResponse({ catalogue, ...options })(error, testExchange());
}

function members(response: HttpResponse): unknown {
  return JSON.parse(response.body as string);
}

/** An error as body parsers and http-errors make it. */
function foreign(status: number, more: object = {}): Error {
  return Object.assign(new Error('an internal message'), { status, ...more });
}

describe('createProblemResponse', () => {
  it('writes the members of RFC 9457 and ours, and nothing that is not there', () => {
    expect(members(respond(new Problem('conflict')))).toEqual({
      type: 'urn:castellan:problem:conflict',
      title: 'Somebody was faster',
      status: 409,
      code: 'conflict',
      request_id: 'request-1',
    });
    const fields = [{ pointer: '/email', code: 'invalid_format', detail: 'must be a valid e-mail address' }];
    expect(members(respond(new Problem('validation_failed', { detail: 'Look at it again.', fields })))).toMatchObject({
      detail: 'Look at it again.',
      fields,
    });
  });

  it('is never stored, says its length in bytes, and carries the headers of the problem in lower case', () => {
    const error = new Problem('conflict', { detail: 'ä€', headers: { 'Retry-After': '3' } });
    const response = respond(error);
    expect(response.headers).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(response.body as string)),
      'retry-after': '3',
    });
    expect(response.error).toBe(error);
  });

  it('gives every 401 a challenge, and keeps the one that it brings (RFC 9110 section 15.5.2)', () => {
    const own = mergeProblems(catalogue, { wrong_card: { status: 401, title: 'The card is not accepted' } });
    const challenge = (error: unknown): unknown => respond(error, { catalogue: own }).headers['www-authenticate'];
    expect(challenge(new Problem('wrong_card'))).toBe('Bearer');
    expect(challenge(new Problem('wrong_card', { headers: { 'WWW-Authenticate': 'Card' } }))).toBe('Card');
    expect(challenge(foreign(401))).toBe('Bearer');
    expect(challenge(new Problem('conflict'))).toBeUndefined();
  });

  it.each([
    ['https://api.example.com/problems', 'https://api.example.com/problems/conflict'],
    ['https://api.example.com/problems/', 'https://api.example.com/problems/conflict'],
  ])('puts the code under the base URL %s', (typeBase, type) => {
    expect(members(respond(new Problem('conflict'), { typeBase }))).toMatchObject({ type });
  });

  it.each([
    ['an error', new Error('connect ECONNREFUSED 10.0.0.1')],
    ['a code that is in no table', new Problem('made_up', { detail: 'connect ECONNREFUSED 10.0.0.1' })],
    ['a name of Object', new Problem('constructor', { detail: 'connect ECONNREFUSED 10.0.0.1' })],
    ['a foreign server error', foreign(503)],
    ['a status that is none', foreign(400.5)],
    ['a text', 'connect ECONNREFUSED 10.0.0.1'],
    ['null', null],
    ['nothing', undefined],
  ])('%s leaves as internal, without its message, and is reported', (_, error) => {
    const reported: unknown[] = [];
    const response = respond(error, { report: (one) => reported.push(one) });
    expect(members(response)).toEqual({
      type: 'urn:castellan:problem:internal',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal',
      request_id: 'request-1',
    });
    expect(reported).toEqual([error]);
    expect(response.error).toBe(error);
  });

  it('a problem is not reported, and a reporter that throws changes nothing', () => {
    const report = (): void => {
      throw new Error('disk full');
    };
    expect(respond(new Problem('conflict'), { report }).status).toBe(409);
    expect(respond(new Error('x'), { report }).status).toBe(500);
  });

  it('an unavailable store is 503 with Retry-After, never 401 or 500', () => {
    const response = respond(new StoreUnavailableError('postgres', 'connection refused to 10.0.0.1'));
    expect(members(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(response.headers['retry-after']).toBe('1');
    expect(response.body).not.toContain('10.0.0.1');
  });

  it.each([
    [413, { type: 'entity.too.large' }, 413, 'body_too_large'],
    [415, { type: 'charset.unsupported' }, 415, 'unsupported_media_type'],
    [415, { type: 'encoding.unsupported' }, 415, 'unsupported_media_type'],
    [400, { type: 'entity.parse.failed' }, 400, 'malformed_body'],
    [400, { type: 'request.aborted' }, 400, 'malformed_body'],
    [413, {}, 413, 'body_too_large'],
    [404, {}, 404, 'not_found'],
    [422, {}, 422, 'validation_failed'],
    [405, { headers: { Allow: 'GET' } }, 405, 'method_not_allowed'],
  ])('a foreign %i %o is %i %s', (status, more, expectedStatus, code) => {
    const response = respond(foreign(status, more));
    expect(members(response)).toMatchObject({ status: expectedStatus, code, type: `urn:castellan:problem:${code}` });
    expect(response.body).not.toContain('internal message');
    if (code === 'method_not_allowed') expect(response.headers['allow']).toBe('GET');
  });

  it.each([
    [400, 'bad_request', 'Bad Request'],
    [403, 'forbidden', 'Forbidden'],
    [409, 'conflict', 'Conflict'],
    [418, 'i_m_a_teapot', "I'm a Teapot"],
    [499, 'client_error', 'Client Error'],
  ])('a foreign %i that no code of ours says keeps its status (RFC 9457 section 4.2.1)', (status, code, title) => {
    expect(members(respond(foreign(status)))).toEqual({
      type: 'about:blank',
      status,
      code,
      title,
      request_id: 'request-1',
    });
  });

  it('statusCode counts as status does, and a 401 always has a challenge', () => {
    const response = respond(Object.assign(new Error('x'), { statusCode: 401 }));
    expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const own = respond(foreign(401, { headers: { 'WWW-Authenticate': 'Basic realm="x"', 'Set-Cookie': 'a=1' } }));
    expect(own.headers).toMatchObject({ 'www-authenticate': 'Basic realm="x"' });
    expect(own.headers).not.toHaveProperty('set-cookie');
  });

  it('a path with broken percent-encoding names nothing', () => {
    expect(respond(Object.assign(new URIError('Failed to decode param'), { status: 400 })).status).toBe(404);
  });

  it('problemOf maps errors of the app; one that throws or makes up a code counts as none', () => {
    class OutOfStock extends Error {}
    const problemOf = (error: unknown): Problem | undefined =>
      error instanceof OutOfStock ? new Problem('conflict', { detail: 'Sold out.' }) : undefined;
    expect(members(respond(new OutOfStock(), { problemOf }))).toMatchObject({ code: 'conflict', detail: 'Sold out.' });
    expect(respond(new Error('x'), { problemOf }).status).toBe(500);
    const broken = (): Problem => {
      throw new Error('y');
    };
    expect(respond(new Error('x'), { problemOf: broken }).status).toBe(500);
    expect(respond(new Error('x'), { problemOf: () => new Problem('made_up') }).status).toBe(500);
  });

  it('further members are in the body, and none takes the place of one of ours', () => {
    const problem = new Problem('not_found', { members: { violated_policies: ['a'], code: 'x', status: 200 } });
    expect(members(respond(problem))).toMatchObject({ violated_policies: ['a'], code: 'not_found', status: 404 });
  });

  it.each<[string, () => unknown]>([
    ['a header with a line break', () => new Problem('conflict', { headers: { 'x-next': 'a\r\nset-cookie: b=c' } })],
    ['a header beyond Latin-1', () => new Problem('conflict', { headers: { link: ['<ok>', '€'] } })],
    ['a header with a name of none', () => new Problem('conflict', { headers: { 'bad name': 'x' } })],
    ['a header of a foreign error', () => foreign(401, { headers: { 'www-authenticate': 'Basic realm="a\nb"' } })],
    ['members that JSON does not know', () => new Problem('conflict', { members: { a: 1n } })],
    [
      'an object whose members throw',
      () =>
        new Proxy(
          {},
          {
            get() {
              throw new Error('a trap');
            },
          },
        ),
    ],
  ])('%s is a mistake of the server: internal, and reported', (_what, thrown) => {
    const told: unknown[] = [];
    const response = respond(thrown(), { report: (error) => told.push(error) });
    expect([members(response), told]).toMatchObject([{ status: 500, code: 'internal' }, [expect.any(Error)]]);
    expect(Object.keys(response.headers)).toEqual(['content-type', 'cache-control', 'content-length']);
    expect(String(told[0])).not.toContain('set-cookie');
  });

  it('what is not implemented is 501', () => {
    expect(members(respond(notImplemented('Comes with e-mail.')))).toMatchObject({
      status: 501,
      code: 'not_implemented',
      detail: 'Comes with e-mail.',
    });
  });
});

describe('mergeProblems', () => {
  it('refuses two tables with one code, odd codes and odd statuses', () => {
    const kind = { status: 404, title: 'x' };
    expect(() => mergeProblems({ a: kind }, { a: kind })).toThrow(new TypeError('problem code "a" is in two tables'));
    expect(() => mergeProblems({ 'A-b': kind })).toThrow(/snake_case/);
    expect(() => mergeProblems({ a: { status: 200, title: 'x' } })).toThrow(/200/);
    expect(mergeProblems({ a: kind }, { b: kind })).toEqual({ a: kind, b: kind });
  });
});
