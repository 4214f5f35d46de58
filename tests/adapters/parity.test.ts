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

const apps = new Map<Variant, ReadonlyMap<string, ParityApp>>();

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
  const answered = await play(app);
  return { answers: answered, rows: await app.auditRows(audits), lines: await app.logLines(lines) };
}

describe.each(Object.entries(areas))('%s', (_, exchanges) => {
  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
    const built = [...(apps.get(exchange.variant) ?? [])];
    const outcomes = await Promise.all(built.map(async ([name, app]) => [name, await played(app, exchange)] as const));
    const [first, ...others] = outcomes;
    if (!first) throw new Error('no framework');
    for (const [name, outcome] of others)
      expect(
        shown(outcome),
        `${name} is not ${first[0]}\n\n--- ${first[0]}\n${raw(first[1])}\n\n--- ${name}\n${raw(outcome)}\n`,
      ).toBe(shown(first[1]));
  });
});
