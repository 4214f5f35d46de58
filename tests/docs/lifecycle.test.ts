import fs from 'node:fs';
import path from 'node:path';
import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores, Problem } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { problemCatalogue } from '../../packages/core/src/problem-catalogue.ts';
import { requestSteps } from '../../packages/core/src/request-steps.ts';
import { type Answer, call, listen } from '../express/wire.ts';

const document = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/lifecycle.md'), 'utf8');
const drawn = /^```text\n(.+)\n```$/m.exec(document)?.[1]?.split(' → ') ?? [];
const rows = [...document.matchAll(/^\| ([a-zA-Z ]+?) \| .+? \| (.+?) \| .* \|$/gm)]
  .map(([, name, answers]) => ({
    name: String(name),
    answers: [...String(answers).matchAll(/(\d{3}) `([a-z_]+)`/g)].map(([, status, code]) => `${status} ${code}`),
  }))
  .filter(({ name }) => name !== 'step');
const statusOf = (code: string): number | undefined => problemCatalogue[code]?.status;

describe('docs/lifecycle.md', () => {
  test('draws the steps of the code in their order, and explains each of them', () => {
    const steps = requestSteps.map(({ name }) => name);
    expect(drawn).toEqual(steps);
    expect(rows.map(({ name }) => name)).toEqual(steps);
  });
  test.each(requestSteps)('says of $name what it answers, with the status of the catalogue, and no more', (step) => {
    const documented = rows.find(({ name }) => name === step.name)?.answers;
    expect(documented).toEqual(step.answers.map((code) => `${statusOf(code)} ${code}`));
  });
});

const Order = z.strictObject({ total: z.int().min(1) });

/** An app whose one route has every step, and what its audit has written. */
async function scene() {
  const stores = memoryStores();
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores,
    scopesOf: ({ subject }) => (subject === 'ada' ? ['orders:write'] : []),
    audit: { actions: ['order.create'] },
    hosts: { '127.0.0.1': ['/orders'] },
    origins: ['https://app.example.com'],
    securityHeaders: 'prod',
    cookies: true,
  });
  await castellan.start();
  const tokens: Record<string, string> = {};
  for (const id of ['ada', 'bob']) {
    await castellan.subjects.put({ id });
    const { body } = await castellan.sessions.start({ subject: id, from: { headers: {}, socket: {} } as never });
    tokens[id] = 'access_token' in body ? String(body.access_token) : '';
  }
  const { front, guard, problems } = createGate(castellan);
  const app = express();
  app.use(front);
  const closed = ({ request }: { readonly request: { readonly headers: object } }): void => {
    if ('x-closed' in request.headers) throw new Problem('not_found');
  };
  app.post(
    '/orders',
    guard({ scope: 'orders:write', audit: 'order.create', guards: [closed], body: Order }),
    (_req, res) => void res.status(201).end(),
  );
  app.use(problems);
  const wire = await listen(app);
  const audited = async (): Promise<number> => (await castellan.audit.query({ action: 'order.create' })).items.length;
  return { wire, tokens, audited, castellan };
}

test('a request that is wrong in every way is refused by one step after the other, in the drawn order', async () => {
  const { wire, tokens, audited, castellan } = await scene();
  let method = 'OPTIONS';
  const headers: Record<string, string> = {
    host: 'evil.example.com',
    origin: 'https://evil.example.com',
    'access-control-request-method': 'POST',
    'x-closed': 'yes',
    'content-type': 'text/plain',
  };
  let body = '{"total":0,"total":0}';
  const large = `{"total":"${'x'.repeat(70_000)}"}`;
  const mend: readonly (readonly [right: () => void, step: string, answer: string])[] = [
    [() => {}, 'host', '421 misdirected_host'],
    [() => delete headers['host'], 'CORS', '403 origin_not_allowed'],
    [() => (method = 'POST'), 'authenticate', '401 token_missing'],
    [() => (headers['cookie'] = `__Host-Http-castellan-at=${tokens['bob']}`), 'authenticate', '403 csrf_failed'],
    [() => (headers['authorization'] = `Bearer ${tokens['bob']}`), 'authenticate', '403 insufficient_scope'],
    [() => (headers['authorization'] = `Bearer ${tokens['ada']}`), 'guards', '404 not_found'],
    [() => delete headers['x-closed'], 'body is read', '415 unsupported_media_type'],
    [
      () => {
        headers['content-type'] = 'application/json';
        body = large;
      },
      'body is read',
      '413 body_too_large',
    ],
    [() => (body = '{"total":0,"total":0}'), 'body is read', '400 malformed_body'],
    [() => (body = '{"total":0}'), 'validate', '422 validation_failed'],
    [() => (body = '{"total":1}'), 'handler', '201'],
  ];
  const said: string[] = [];
  const written: number[] = [];
  for (const [right] of mend) {
    right();
    const answer = await call(wire, '/orders', { method, headers, body });
    said.push(told(answer));
    written.push(await audited());
    expect(answer.headers['x-request-id'], said.at(-1)).toBeDefined();
    expect(answer.headers['x-content-type-options'], said.at(-1)).toBe('nosniff');
  }
  expect(said).toEqual(mend.map(([, , answer]) => answer));
  const positions = mend.map(([, step]) => requestSteps.findIndex(({ name }) => name === step));
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  // neither the host's refusal nor the preflight's is a deed; everything after them is, refused or not
  expect(written).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await castellan.stop();
});

function told({ status, body }: Answer): string {
  return body.length === 0 ? String(status) : `${status} ${(JSON.parse(body.toString()) as { code: string }).code}`;
}
