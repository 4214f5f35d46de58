import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndpointCall, Problem } from '../http/index.ts';
import type { BrowserEvents } from './browser-events.ts';
import { cspReportEndpoint } from './csp-report-endpoint.ts';

type Told = BrowserEvents['csp.reported'];

/** What is told of a body, and the answer's status or the problem's code. */
async function send(value: unknown): Promise<{ readonly answer: number | string; readonly told: readonly Told[] }> {
  const told: Told[] = [];
  const endpoint = cspReportEndpoint((_name, fact) => told.push(fact));
  const call = {
    request: { method: 'POST', target: '/auth/csp-report', headers: { 'user-agent': 'b/1' }, ip: '192.0.2.1' },
    context: { requestId: 'r1', tenant: 't' },
    headers: {},
    body: { value, raw: undefined },
  } as unknown as EndpointCall;
  try {
    return { answer: (await endpoint.handle(call)).status, told };
  } catch (error) {
    return { answer: error instanceof Problem ? error.code : String(error), told };
  }
}

const report = {
  'document-uri': 'https://app.example.com/reset?token=SECRET#SECRET',
  referrer: 'https://app.example.com/?SECRET',
  'violated-directive': "script-src-elem 'self'",
  'original-policy': "default-src 'self'",
  disposition: 'enforce',
  'blocked-uri': 'https://SECRET:SECRET@evil.example/x.js?SECRET',
  'line-number': 10,
  'column-number': 5,
  'source-file': 'https://app.example.com/a.js?v=SECRET',
  'script-sample': 'SECRET',
};

describe('POST /csp-report', () => {
  it('a token in a path is told to nobody', async () => {
    const token = `eyJhbGciOiJFZERTQSJ9.${'a'.repeat(700)}.c2lnbmF0dXJl`;
    for (const secret of [`cst_rt_${'a'.repeat(94)}`, token]) {
      const { told } = await send({ 'csp-report': { 'document-uri': `https://app.example.com/in/${secret}` } });
      expect(told[0]?.violations[0]?.documentUrl).toBe('https://app.example.com/in/[redacted]');
    }
  });
  it('tells of a report-uri report: where, what and by which directive, without what could be a secret', async () => {
    const { answer, told } = await send({ 'csp-report': report });
    expect(answer).toBe(204);
    expect(told).toEqual([
      {
        tenant: 't',
        origin: { ip: '192.0.2.1', userAgent: 'b/1', requestId: 'r1' },
        count: 1,
        violations: [
          {
            documentUrl: 'https://app.example.com/reset',
            blocked: 'https://evil.example/x.js',
            directive: 'script-src-elem',
            disposition: 'enforce',
            sourceFile: 'https://app.example.com/a.js',
            line: 10,
            column: 5,
          },
        ],
      },
    ]);
    expect(JSON.stringify(told)).not.toContain('SECRET');
  });

  it('tells of the violations among the reports of a batch', async () => {
    const body = {
      documentURL: 'https://app.example.com/?SECRET',
      blockedURL: 'inline',
      effectiveDirective: 'style-src-attr',
      disposition: 'report',
      lineNumber: 1,
      sample: 'SECRET',
    };
    const others = [
      { type: 'deprecation', body: {} },
      null,
      'x',
      { type: 'csp-violation' },
      { type: 'csp-violation', body: 1 },
    ];
    const { answer, told } = await send([{ type: 'csp-violation', age: 1, url: 'https://a/?SECRET', body }, ...others]);
    expect(answer).toBe(204);
    expect(told[0]).toMatchObject({
      count: 1,
      violations: [{ documentUrl: 'https://app.example.com/', blocked: 'inline', directive: 'style-src-attr' }],
    });
    expect(JSON.stringify(told)).not.toContain('SECRET');
  });

  it('counts all and tells 20', async () => {
    const { told } = await send(Array.from({ length: 50 }, () => ({ type: 'csp-violation', body: {} })));
    expect([told[0]?.count, told[0]?.violations.length]).toEqual([50, 20]);
  });

  it('tells nothing of a batch without violations', async () => {
    expect(await send([{ type: 'network-error', body: {} }])).toEqual({ answer: 204, told: [] });
    expect(await send([])).toEqual({ answer: 204, told: [] });
  });

  it.each([undefined, null, 5, 'x', {}, { 'csp-report': [] }, { 'csp-report': 'x' }, { 'csp-report': { a: 'x\0' } }])(
    '%j is validation_failed',
    async (body) => {
      expect(await send(body)).toEqual({ answer: 'validation_failed', told: [] });
    },
  );

  it.each([
    ['data:text/html,SECRET', 'data'],
    ['blob:https://a.example/SECRET', 'blob'],
    ['chrome-extension://SECRET/x', 'chrome-extension'],
    ['wss://a.example/live?SECRET', 'wss://a.example/live'],
    ['eval', 'eval'],
    ['not a URL SECRET', null],
    ['', null],
    [5, null],
    [`https://a.example/${'x'.repeat(2_000)}`, `https://a.example/${'x'.repeat(494)}`],
  ])('of the blocked URL %j it tells %j', async (blocked, expected) => {
    const { told } = await send({ 'csp-report': { 'blocked-uri': blocked } });
    expect(told[0]?.violations[0]?.blocked).toBe(expected);
  });

  it('whatever is sent, what is told has no line break, no query and no more than a line of text', async () => {
    const members = fc.dictionary(
      fc.constantFrom(...Object.keys(report)),
      fc.oneof(fc.string(), fc.webUrl(), fc.integer()),
    );
    await fc.assert(
      fc.asyncProperty(members, async (given) => {
        const { told } = await send({ 'csp-report': given });
        for (const text of Object.values(told[0]?.violations[0] ?? {})) {
          if (typeof text !== 'string') continue;
          expect(text).toMatch(/^[!-~]{1,512}$/);
          expect(text).not.toMatch(/[?#]/);
        }
      }),
    );
  });
});
