import { once } from 'node:events';
import http from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { AbandonedError, type HttpResponse, isFlowing, Problem } from '@castellan/core/http';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { type Answer, call, json, listen, problem, raw, type Wire } from '../../../tests/express/wire.ts';
import { type KitPolicy, kitCastellan } from '../../testkit/src/adapter-cases/kit-entry.ts';
import { type Watching, type WatchingOptions, watching } from '../../testkit/src/adapter-cases/watching.ts';
import { createGate, type Gate, type GateOptions } from './gate.ts';

interface Scene extends Wire, Pick<Watching, 'seen'> {
  readonly reported: readonly unknown[];
}

/** One watched route at `/`. */
async function watched(
  handler: RequestHandler,
  options: WatchingOptions & GateOptions & { readonly before?: RequestHandler; readonly between?: RequestHandler } = {},
): Promise<Scene> {
  const { before, between } = options;
  const entry = kitCastellan();
  const gate: Gate<KitPolicy> = createGate(entry, options.abandonAfter ? { abandonAfter: options.abandonAfter } : {});
  const { guard, seen } = watching(options);
  const app: Express = express();
  app.set('etag', false);
  if (before) app.use(before);
  app.all('/', gate.guard({ head: [guard] }), ...(between ? [between] : []), handler);
  app.use(gate.problems);
  return { ...(await listen(app)), seen, reported: entry.reported };
}

const chunks = (...parts: string[]): Readable => Readable.from(parts.map((part) => Buffer.from(part)));

/** What a compressing middleware does: sits on `writeHead`, `write` and `end`, and on `drain`. */
const compression: RequestHandler = (_req, res, next) => {
  const writeHead = res.writeHead.bind(res);
  const write = res.write.bind(res) as (chunk: Buffer) => boolean;
  const end = res.end.bind(res) as () => void;
  const on = res.on.bind(res) as (event: string, listener: () => void) => void;
  let stream: Transform | undefined;
  const begin = (): void => {
    if (stream) return;
    stream = zlib.createGzip();
    res.setHeader('content-encoding', 'gzip');
    res.removeHeader('content-length');
    stream.on('data', (chunk: Buffer) => {
      if (write(chunk) === false) stream?.pause();
    });
    on('drain', () => stream?.resume());
    stream.on('end', () => end());
  };
  res.on = ((event: string, listener: () => void) => {
    if (event === 'drain' && stream) stream.on('drain', listener);
    else on(event, listener);
    return res;
  }) as typeof res.on;
  res.writeHead = ((...given: Parameters<typeof writeHead>) => {
    begin();
    return writeHead(...given);
  }) as typeof res.writeHead;
  const first = (): void => {
    if (!res.headersSent) res.writeHead(res.statusCode);
  };
  res.write = ((chunk: string | Buffer) => {
    first();
    return stream?.write(chunk) ?? false;
  }) as typeof res.write;
  res.end = ((chunk?: string | Buffer) => {
    first();
    if (chunk) stream?.end(chunk);
    else stream?.end();
    return res;
  }) as typeof res.end;
  next();
};

const unzipped = (answer: Answer): string =>
  answer.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(answer.body).toString() : answer.body.toString();

// every rule about whole and flowing answers holds whether guards answer at once or later
describe.each([{ late: false }, { late: true }])('a whole answer, guards late: $late', ({ late }) => {
  it.each<[string, (res: Response) => unknown, number, string]>([
    ['json', (res) => res.status(201).json({ a: 1 }), 201, '{"a":1}'],
    ['send of a text', (res) => res.send('hällo'), 200, 'hällo'],
    ['send of bytes', (res) => res.type('bin').send(Buffer.from('abc')), 200, 'abc'],
    ['end of a text', (res) => res.end('abc'), 200, 'abc'],
    ['end in latin1', (res) => res.end('hällo', 'latin1'), 200, 'h\ufffdllo'],
    ['end with a callback only', (res) => res.end(() => {}), 200, ''],
    ['writeHead and end', (res) => res.writeHead(202, { 'x-own': '1' }).end('abc'), 202, 'abc'],
    ['writeHead with a phrase and a list', (res) => res.writeHead(202, 'Fine', ['x-own', '1']).end('abc'), 202, 'abc'],
    ['sendStatus', (res) => res.sendStatus(404), 404, 'Not Found'],
    ['redirect', (res) => res.redirect(303, '/x'), 303, 'See Other. Redirecting to /x'],
    ['nothing', (res) => res.status(204).end(), 204, ''],
  ])('%s leaves as the handler made it, and is seen once', async (_, act, status, text) => {
    const handler: RequestHandler = (_req, res) => void act(res);
    const wire = await watched(handler, { late });
    const bare = await listen(express().use(handler).set('etag', false));
    const [mine, theirs] = [await call(wire, '/'), await call(bare, '/')];
    // after writeHead Node doesn't know the length any more, and we do
    const framing = { date: '', 'content-length': '', 'transfer-encoding': '' };
    const { 'x-request-id': id, ...headers } = mine.headers;
    expect(id).toBe('request-1');
    expect({ ...headers, ...framing }).toEqual({ ...theirs.headers, ...framing });
    expect([mine.status, mine.body.toString(), mine.cut]).toEqual([status, text, false]);
    expect(wire.seen).toMatchObject([{ status, error: undefined }]);
    expect(wire.seen[0]?.headers['x-request-id']).toBe('request-1');
  });

  it('HEAD behaves as GET without a body', async () => {
    const wire = await watched((_req, res) => void res.json({ a: 1 }), { late });
    const [get, head] = [await call(wire, '/'), await call(wire, '/', { method: 'HEAD' })];
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(wire.seen).toHaveLength(2);
  });

  it('several Set-Cookie headers survive, and spelling stays', async () => {
    const wire = await watched(
      (_req, res) => void res.append('Set-Cookie', 'a=1').append('Set-Cookie', 'b=2').set('X-Own', '1').end('x'),
      { late },
    );
    expect((await call(wire, '/')).headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(await raw(wire, 'GET / HTTP/1.0\r\n\r\n')).toContain('\r\nX-Own: 1\r\n');
    expect(wire.seen[0]?.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('an after may put another answer in its place', async () => {
    const change = (): HttpResponse => ({
      status: 409,
      headers: { 'content-type': 'text/plain', 'x-own': ['1', '2'] },
      body: 'no',
    });
    const wire = await watched(
      (_req, res) => void res.writeHead(201, 'Made', { 'x-gone': '1', 'content-length': '3' }).end('abc'),
      { late, change },
    );
    const seen = await raw(wire, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(seen).toMatch(/^HTTP\/1\.1 409 Conflict\r\n/);
    expect(seen).toMatch(/x-own: 1\r\nx-own: 2\r\n/);
    expect(seen).toMatch(/content-length: 2\r\n/i);
    expect(seen).not.toContain('x-gone');
    expect(seen.endsWith('\r\n\r\nno')).toBe(true);
  });

  it.each([204, 304])('a %i in place of an answer has no body', async (status) => {
    const change = ({ headers: { etag = '"1"' } }: HttpResponse): HttpResponse => ({
      status,
      headers: { etag },
      body: null,
    });
    const wire = await watched((_req, res) => void res.set('etag', '"7"').json({ a: 1 }), { late, change });
    const answer = await call(wire, '/');
    expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([status, 0, '"7"']);
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  it('an after that fails makes it a problem', async () => {
    const change = (): never => {
      throw new Problem('store_unavailable');
    };
    const wire = await watched((_req, res) => void res.json({ secret: 1 }), { late, change });
    expect(problem(await call(wire, '/')).code).toBe('store_unavailable');
  });

  it('what comes after it is dropped: a second answer, a throw, next()', async () => {
    const second: RequestHandler[] = [
      (_req, res) => {
        res.json({ n: 1 });
        res.end('again');
        res.write('again');
      },
      async (_req, res) => {
        res.json({ n: 1 });
        throw new Error('too late');
      },
      (_req, res, next) => {
        res.json({ n: 1 });
        next();
      },
    ];
    for (const handler of second) {
      const wire = await watched(handler, { late });
      const answer = await call(wire, '/');
      expect([answer.status, json(answer), answer.cut, wire.seen.length]).toEqual([200, { n: 1 }, false, 1]);
    }
  });

  it('headersSent is true from the moment it is answered', async () => {
    const sent: boolean[] = [];
    const wire = await watched(
      (_req, res) => {
        sent.push(res.headersSent);
        res.json({});
        sent.push(res.headersSent);
      },
      { late },
    );
    await call(wire, '/');
    expect(sent).toEqual([false, true]);
  });

  it('a Problem and an Error that are thrown leave as problems, are seen with their error, and keep cookies', async () => {
    const errors = [new Problem('conflict', { detail: 'Too late.' }), new Error('secret')];
    for (const thrown of errors)
      for (const handler of [
        (_req, res) => {
          res.cookie('a', '1').set('etag', '"1"').set('content-encoding', 'br').status(201);
          throw thrown;
        },
        async (_req, res) => {
          res.cookie('a', '1').writeHead(201, { 'content-length': '99', 'cache-control': 'public' });
          throw thrown;
        },
      ] satisfies RequestHandler[]) {
        const wire = await watched(handler, { late });
        const answer = await call(wire, '/');
        expect(problem(answer).code).toBe(thrown instanceof Problem ? 'conflict' : 'internal');
        expect(answer.body.toString()).not.toContain('secret');
        expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/'].slice(0, answer.headers['set-cookie']?.length));
        expect(answer.headers).not.toHaveProperty('etag');
        expect(answer.headers).not.toHaveProperty('content-encoding');
        expect(wire.seen).toMatchObject([{ status: answer.status, error: thrown }]);
        expect(wire.reported).toEqual(thrown instanceof Problem ? [] : [thrown]);
      }
  });

  it('what Node refuses to send is refused where it is said, and leaves as a problem', async () => {
    const mistakes: ((res: Response) => void)[] = [
      (res) => void res.end(1),
      (res) => void res.write({}),
      (res) => void res.writeHead(99),
      (res) => {
        Object.assign(res, { statusCode: 0 });
        res.end();
      },
    ];
    for (const mistake of mistakes) {
      const wire = await watched((_req, res) => mistake(res), { late });
      expect(problem(await call(wire, '/')).code).toBe('internal');
      expect(wire.seen).toHaveLength(1);
    }
  });

  it.each(['before', 'between'] as const)(
    'a compression %s the guard and the handler gets its bytes through',
    async (place) => {
      const big = 'x'.repeat(200_000);
      const wire = await watched((_req, res) => void res.json({ big }), { late, [place]: compression });
      const answer = await call(wire, '/');
      expect(JSON.parse(unzipped(answer))).toEqual({ big });
      expect(wire.seen).toHaveLength(1);
      // inside of a compression the passage sees what the handler said, outside of it what is sent
      expect(wire.seen[0]?.headers['content-encoding']).toBe(place === 'before' ? undefined : 'gzip');
    },
  );

  it.each(['before', 'between'] as const)('a problem passes a compression %s us whole', async (place) => {
    const wire = await watched(
      () => {
        throw new Problem('conflict');
      },
      { late, [place]: compression },
    );
    const answer = await call(wire, '/');
    expect([answer.status, JSON.parse(unzipped(answer)).code, answer.cut]).toEqual([409, 'conflict', false]);
  });
});

describe.each([{ late: false }, { late: true }])('a flowing answer, guards late: $late', ({ late }) => {
  it.each<[string, RequestHandler]>([
    ['piped', (_req, res) => void chunks('abc', 'def', 'ghi').pipe(res.type('text'))],
    [
      'piped with a length',
      (_req, res) => void chunks('abc', 'def', 'ghi').pipe(res.type('text').set('content-length', '9')),
    ],
    [
      'written',
      (_req, res) => {
        res.type('text').write('abc');
        res.write(Buffer.from('def'));
        res.end('ghi');
      },
    ],
    [
      'flushed first',
      (_req, res) => {
        res.type('text').flushHeaders();
        setImmediate(() => res.end('abcdefghi'));
      },
    ],
    ['through pipeline', async (_req, res) => pipeline(chunks('abc', 'def', 'ghi'), res.type('text'))],
  ])('%s passes untouched, is seen once, and its bytes are told at its end', async (_, handler) => {
    for (const limit of [undefined, 0, 9, 100]) {
      const wire = await watched(handler, { late, limit });
      const answer = await call(wire, '/');
      expect([answer.status, answer.body.toString(), answer.cut]).toEqual([200, 'abcdefghi', false]);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(wire.seen).toHaveLength(1);
      expect(isFlowing(wire.seen[0]?.body ?? null)).toBe(true);
      const end = { text: limit !== undefined && limit >= 9 ? 'abcdefghi' : undefined, aborted: false };
      expect(wire.seen[0]?.end).toEqual(limit === undefined ? undefined : end);
    }
  });

  it.each(['/', 'with a length'])(
    'its head leaves at once, its last byte only when the end was settled (%s)',
    async (form) => {
      let settle: () => void = () => {};
      const settled = new Promise<void>((resolve) => {
        settle = resolve;
      });
      const wire = await watched(
        (_req, res) => {
          if (form !== '/') res.set('content-length', '6');
          res.write('abc');
          res.end('def');
        },
        { late, limit: 100, atEnd: () => settled },
      );
      const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      let text = '';
      let ended = false;
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => {
        ended = true;
      });
      await vi.waitFor(() => expect(text).toBe(form === '/' ? 'abcdef' : 'abc'));
      expect(ended).toBe(false);
      settle();
      await once(response, 'end');
      expect(text).toBe('abcdef');
    },
  );

  it.each(['', '6'])('an end that can’t be settled cuts the line (length "%s")', async (length) => {
    const atEnd = (): Promise<void> => Promise.reject(new Error('the store is away'));
    const wire = await watched(
      (_req, res) => {
        if (length) res.set('content-length', length);
        res.write('abc');
        res.end('def');
      },
      { late, limit: 100, atEnd },
    );
    expect((await call(wire, '/').catch(() => ({ cut: true }))).cut).toBe(true);
    expect(wire.reported).toEqual([new Error('the store is away')]);
  });

  it.each(['', '99'])(
    'a source that fails half-way cuts the line and tells the end that it was aborted (length "%s")',
    async (length) => {
      const wire = await watched(
        async (_req, res) => {
          if (length) res.set('content-length', length);
          const failing = Readable.from(
            (async function* () {
              yield Buffer.from('abc');
              await vi.waitFor(() => expect(wire.seen).toHaveLength(1));
              yield Buffer.from('def');
              throw new Error('secret stream failure');
            })(),
          );
          await pipeline(failing, res);
        },
        { late, limit: 100 },
      );
      const answer = await call(wire, '/').catch(() => ({ cut: true, body: Buffer.from('') }));
      expect(answer.cut).toBe(true);
      expect(answer.body.toString()).not.toContain('secret');
      await vi.waitFor(() => expect(wire.seen[0]?.end).toEqual({ text: undefined, aborted: true }));
      expect(wire.seen).toHaveLength(1);
    },
  );

  it('an error after the head cuts the line, never a second answer', async () => {
    const wire = await watched(
      async (_req, res) => {
        await new Promise<void>((resolve) => void res.write('abc', () => resolve()));
        throw new Error('secret');
      },
      { late, limit: 100 },
    );
    const answer = await call(wire, '/').catch(() => ({ cut: true, body: Buffer.from('') }));
    expect([answer.cut, answer.body.toString().includes('secret')]).toEqual([true, false]);
    await vi.waitFor(() => expect(wire.seen[0]?.end).toEqual({ text: undefined, aborted: true }));
  });

  it('an after may put a whole answer in its place: the stream goes nowhere, and ends', async () => {
    let finished = false;
    const change = (): HttpResponse => ({ status: 503, headers: { 'content-type': 'text/plain' }, body: 'no' });
    const wire = await watched(
      async (_req, res) => {
        await new Promise<void>((resolve) => void res.write('abc', () => resolve()));
        res.write('def');
        res.end('ghi', () => {
          finished = true;
        });
      },
      { late, change, limit: 100 },
    );
    const answer = await call(wire, '/');
    expect([answer.status, answer.body.toString(), answer.headers['content-length'], answer.cut]).toEqual([
      503,
      'no',
      '2',
      false,
    ]);
    await vi.waitFor(() => expect(finished).toBe(true));
    await vi.waitFor(() => expect(wire.seen[0]?.end).toEqual({ text: undefined, aborted: true }));
  });

  it('HEAD of a stream has its head only', async () => {
    const wire = await watched((_req, res) => void chunks('abc').pipe(res.set('content-length', '3')), {
      late,
      limit: 10,
    });
    const answer = await call(wire, '/', { method: 'HEAD' });
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '3', 0]);
    expect(wire.seen).toHaveLength(1);
  });

  it.each(['before', 'between'] as const)('a long stream passes a compression %s us without a stop', async (place) => {
    const parts = Array.from({ length: 64 }, (_, at) => String.fromCharCode(97 + (at % 26)).repeat(16_384));
    const wire = await watched((_req, res) => void chunks(...parts).pipe(res), {
      late,
      [place]: compression,
      limit: 100,
    });
    const answer = await call(wire, '/');
    expect(unzipped(answer)).toBe(parts.join(''));
  });

  it.each(['before', 'between'] as const)('a head that is flushed first passes a compression %s us', async (place) => {
    const handler: RequestHandler = async (_req, res) => {
      res.flushHeaders();
      res.write('abc');
      await vi.waitFor(() => expect(wire.seen).toHaveLength(1));
      res.end('def');
    };
    const wire = await watched(handler, { late, [place]: compression, limit: 100 });
    const answer = await call(wire, '/');
    expect([answer.headers['content-encoding'], unzipped(answer)]).toEqual(['gzip', 'abcdef']);
  });

  it('a slow reader holds the source back', async () => {
    let produced = 0;
    const source = new Readable({
      read() {
        produced++;
        this.push(produced > 2000 ? null : Buffer.alloc(65_536));
      },
    });
    const wire = await watched((_req, res) => void source.pipe(res), { late, limit: 100 });
    const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    // until nothing more comes
    let before: number;
    do {
      before = produced;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (produced > before);
    expect(produced).toBeLessThan(1000);
    response.destroy();
  });
});

describe('a client that goes away', () => {
  it('is no outcome: the handler’s answer still settles the passage', async () => {
    let answer: () => void = () => {};
    let closed: Promise<unknown> | undefined;
    const wire = await watched((_req, res) => {
      closed = once(res, 'close');
      answer = () => void res.status(201).json({});
    });
    const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false }).on('error', () => {});
    await vi.waitFor(() => expect(String(answer)).toContain('status'));
    request.destroy();
    await closed;
    expect(wire.seen).toEqual([]);
    answer();
    expect(wire.seen).toMatchObject([{ status: 201, error: undefined }]);
  });

  it('and a handler that never answers: the passage leaves as abandoned once it was waited for, once', async () => {
    let answer: () => void = () => {};
    const wire = await watched(
      (_req, res) => {
        answer = () => void res.json({});
      },
      { abandonAfter: '30ms' },
    );
    const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false }).on('error', () => {});
    await vi.waitFor(() => expect(String(answer)).toContain('json'));
    request.destroy();
    await vi.waitFor(() => expect(wire.seen).toMatchObject([{ status: 500, error: new AbandonedError() }]));
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(wire.seen).toHaveLength(1);
  });

  it('in the middle of a stream: its end is told that it was aborted, once', async () => {
    const wire = await watched(
      (_req, res) => {
        const source = new Readable({
          read() {
            setTimeout(() => this.push(Buffer.alloc(10_000)), 5);
          },
        });
        source.pipe(res).on('close', () => source.destroy());
      },
      { limit: 1_000_000 },
    );
    const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false }).on('error', () => {});
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => {});
    await once(response, 'data');
    request.destroy();
    await vi.waitFor(() => expect(wire.seen[0]?.end).toEqual({ text: undefined, aborted: true }));
    expect(wire.seen).toHaveLength(1);
  });

  it('before a slow guard has passed: the answer settles all the same', async () => {
    const entry = kitCastellan();
    const { guard } = createGate(entry);
    const { guard: watch, seen } = watching();
    const entered = Promise.withResolvers<void>();
    let closed: Promise<unknown> | undefined;
    const slow = async (): Promise<void> => {
      entered.resolve();
      await closed;
    };
    const app = express();
    app.use((_req, res, next) => {
      closed = once(res, 'close');
      next();
    });
    app.get('/', guard({ head: [watch, slow] }), (_req, res) => void res.json({}));
    const wire = await listen(app);
    const request = http.get({ port: wire.port, host: '127.0.0.1', agent: false }).on('error', () => {});
    await entered.promise;
    request.destroy();
    await vi.waitFor(() => expect(seen).toMatchObject([{ status: 200 }]));
  });
});

describe('a handler and what stands around it', () => {
  it('an error middleware of the app before problems makes an ordinary answer of a throw', async () => {
    const entry = kitCastellan();
    const { guard, problems } = createGate(entry);
    const { guard: watch, seen } = watching();
    const app = express();
    app.get('/', guard({ head: [watch] }), () => {
      throw new Error('x');
    });
    app.use(
      ((_error, _req, res, _next) => void res.status(418).json({ own: true })) satisfies express.ErrorRequestHandler,
    );
    app.use(problems);
    const answer = await call(await listen(app), '/');
    expect([answer.status, json(answer)]).toEqual([418, { own: true }]);
    expect(seen).toMatchObject([{ status: 418, error: undefined }]);
  });

  it('without problems Express’s own last word is seen too', async () => {
    const { guard } = createGate(kitCastellan());
    const { guard: watch, seen } = watching({ late: true });
    const app = express().set('env', 'test');
    app.get('/', guard({ head: [watch] }), () => {
      throw new Error('x');
    });
    expect((await call(await listen(app), '/')).status).toBe(500);
    expect(seen).toMatchObject([{ status: 500 }]);
  });

  it('an answer whose guards do not watch is not touched at all', async () => {
    const own: boolean[] = [];
    const { guard } = createGate(kitCastellan());
    const app = express();
    app.get('/', guard({}), (_req, res) => {
      own.push(Object.hasOwn(res, 'end'), Object.hasOwn(res, 'write'), Object.hasOwn(res, 'writeHead'));
      res.end();
    });
    await call(await listen(app), '/');
    expect(own).toEqual([false, false, false]);
  });
});
