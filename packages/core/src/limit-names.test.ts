import { afterEach, describe, expect, test } from 'vitest';
import { createCastellan, memoryStores, type Policy } from './index.ts';
import { generatePepper } from './sessions/index.ts';
import { generateKeys } from './tokens/index.ts';

const keys = await generateKeys();
const apps: { stop(): Promise<void> }[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())));

/** Declares routes of one app, in this order. */
function declare(...limits: readonly Policy['limit'][]): () => void {
  const app = createCastellan({
    issuer: 'https://api.example.com',
    keys,
    peppers: generatePepper(),
    stores: memoryStores(),
    tiers: {
      free: { rank: 0, limit: { window: '60/1m', name: 'api' } },
      pro: { rank: 1, limit: { window: '600/1m', name: 'api' } },
      team: { rank: 2, limit: '900/1m' },
    },
  });
  apps.push(app);
  return () => {
    for (const limit of limits) app.http.compile({ ...(limit !== undefined && { limit }) });
  };
}

describe('a limit’s name is one budget', () => {
  test('that any number of routes may name, by the same rule', () => {
    const search = { window: '10/1m', name: 'search' } as const;
    expect(declare(search, [search, '5/1m'], { rate: '10/1m', name: 'export' })).not.toThrow();
  });

  test('limits without a name are each route’s own, whatever their rules', () =>
    expect(declare('10/1m', '20/1m', { window: '10/1m', by: 'ip' })).not.toThrow());

  test.each<[string, Policy['limit'], Policy['limit']]>([
    ['another number', { window: '10/1m', name: 'search' }, { window: '20/1m', name: 'search' }],
    ['another time', { window: '10/1m', name: 'search' }, { window: '10/2m', name: 'search' }],
    ['another kind', { window: '10/1m', name: 'search' }, ['5/1s', { quota: '10/1m', name: 'search' }]],
    ['another burst', { rate: '10/1m', name: 'search' }, { rate: '10/1m', burst: 20, name: 'search' }],
  ])('%s under a name that is there is a TypeError', (_what, first, second) => {
    expect(declare(first, second)).toThrow(TypeError);
    expect(declare(first, second)).toThrow(/^policy\.limit: a limit named "search" is there already and is a /);
  });

  test('the names of the library’s own endpoints and of tiers are there already', () => {
    expect(declare({ window: '7/1m', by: 'ip', name: 'login' })).toThrow(
      /"login" is there already and is a window of 5 /,
    );
    expect(declare({ window: '7/1m', name: 'team' })).toThrow(/"team" is there already/);
    expect(declare({ window: '60/1m', name: 'api' })).toThrow(/"api" is there already and is a window of 600 /);
  });

  test('nor by the address, which is who a caller is that has no principal', () =>
    expect(declare({ window: '900/1m', by: 'ip', name: 'team' })).toThrow(/"team" is a tier's budget/));

  test('a route can’t charge the budget of a tier a second time', () =>
    expect(declare({ window: '900/1m', name: 'team' })).toThrow(
      /"team" is a tier's budget, and this route charges it/,
    ));

  test('nor by a function beside a tier’s function: both may say the same caller', () => {
    const byKey = { window: '90/1m', name: 'keys', by: () => 'key' } as const;
    const app = createCastellan({
      issuer: 'https://api.example.com',
      keys,
      peppers: generatePepper(),
      stores: memoryStores(),
      tiers: { free: { rank: 0, limit: byKey } },
    });
    apps.push(app);
    expect(() => app.http.compile({ limit: { ...byKey, by: () => 'key' } })).toThrow(/"keys" is a tier's budget/);
  });

  test('tiers may share one: a caller is in one tier', () => expect(declare(undefined)).not.toThrow());
});
