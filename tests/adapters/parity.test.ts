import type { AdapterHarness } from '@castellan/testkit';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expressHarness } from './frameworks/express-harness.ts';
import { fastifyHarness } from './frameworks/fastify-harness.ts';
import { koaHarness } from './frameworks/koa-harness.ts';
import { type Outcome, raw, shown } from './parity/compare.ts';
import type { ParityExchange } from './parity/exchange.ts';
import { type ParityApp, parityApp, type Variant, variants } from './parity/parity-app.ts';
import { areas } from './parity/script.ts';

const frameworks: Readonly<Record<string, AdapterHarness>> = {
  express: expressHarness(express),
  fastify: fastifyHarness,
  koa: koaHarness,
};

/** Codes of every refusal that a request can meet on its way. */
const REFUSALS = [
  'misdirected_host',
  'origin_not_allowed',
  'internal',
  'store_unavailable',
  'token_missing',
  'invalid_token',
  'token_expired',
  'token_stale',
  'token_superseded',
  'csrf_failed',
  'insufficient_scope',
  'insufficient_tier',
  'malformed_body',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
  'not_found',
  'method_not_allowed',
];

const apps = new Map<Variant, ReadonlyMap<string, ParityApp>>();
const refusals = new Map<string, number>();
let compared = 0;
let differing = 0;

beforeAll(async () => {
  for (const variant of Object.keys(variants) as Variant[]) {
    const built = Object.entries(frameworks).map(
      async ([name, harness]) => [name, await parityApp(harness, variant)] as const,
    );
    apps.set(variant, new Map(await Promise.all(built)));
  }
});
afterAll(async () => {
  for (const built of apps.values()) for (const app of built.values()) await app.close();
});

async function played(app: ParityApp, { play, audits, lines }: ParityExchange): Promise<Outcome> {
  app.begin();
  const answers = await play(app);
  return { answers, rows: await app.auditRows(audits), lines: await app.logLines(lines) };
}

function count({ answers }: Outcome): void {
  for (const { headers, body } of answers) {
    if (headers['content-type']?.[0] !== 'application/problem+json') continue;
    // without a body (HEAD) its kind can't be told
    const code = /"code":"(\w+)"/.exec(body.toString())?.[1];
    if (code !== undefined) refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }
}

describe.each(Object.entries(areas))('%s', (_, exchanges) => {
  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
    const built = [...(apps.get(exchange.variant) ?? [])];
    const outcomes = await Promise.all(built.map(async ([name, app]) => [name, await played(app, exchange)] as const));
    const text = (outcome: Outcome): string => shown(outcome, 'compression' in variants[exchange.variant]);
    const [first, ...others] = outcomes;
    if (!first || others.length !== 2) throw new Error('three frameworks are compared');
    compared++;
    count(first[1]);
    for (const [name, outcome] of others) {
      if (text(outcome) !== text(first[1])) differing++;
      expect(
        text(outcome),
        `${name} is not ${first[0]}\n\n--- ${first[0]}\n${raw(first[1])}\n\n--- ${name}\n${raw(outcome)}\n`,
      ).toBe(text(first[1]));
    }
  });
});

describe('the script', () => {
  const exchanges = Object.values(areas).flat();

  test('has 300 exchanges or more, three or more of each area, none twice', () => {
    expect(exchanges.length).toBeGreaterThanOrEqual(300);
    for (const [area, list] of Object.entries(areas)) expect(list.length, area).toBeGreaterThanOrEqual(3);
    for (const [area, list] of Object.entries(areas))
      expect(new Set(list.map(({ name }) => name)).size, area).toBe(list.length);
  });

  test('meets every refusal three times or more', () => {
    const rare = REFUSALS.filter((code) => (refusals.get(code) ?? 0) < 3);
    expect(rare).toEqual([]);
  });

  test('was played whole, and nothing differs', () => {
    console.log(`${compared} exchanges on ${Object.keys(frameworks).join(', ')}: ${differing} differences`);
    expect([compared, differing]).toEqual([exchanges.length, 0]);
  });
});
