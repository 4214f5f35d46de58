import { describe, expect, test } from 'vitest';
import { type LimitInput, readLimitPolicies, readLimitPolicy } from './limit-policy.ts';

const read = (input: unknown) => readLimitPolicy(input as LimitInput, 'limit');

describe('a limit', () => {
  test.each<[LimitInput, object]>([
    ['60/1m', { kind: 'window', limit: 60, windowUs: 60_000_000 }],
    [{ window: '5/500ms' }, { kind: 'window', limit: 5, windowUs: 500_000 }],
    [
      { rate: '10/1s', burst: 20 },
      { kind: 'rate', intervalUs: 100_000, burst: 20 },
    ],
    [{ rate: '10/1s' }, { kind: 'rate', intervalUs: 100_000, burst: 10 }],
    [{ quota: '10000/1d' }, { kind: 'quota', limit: 10_000, windowUs: 86_400_000_000 }],
    ['1000000000/366d', { kind: 'window', limit: 1_000_000_000, windowUs: 366 * 86_400_000_000 }],
  ])('%j is read', (input, rule) => expect(read(input).rule).toEqual(rule));

  test('a rate that does not divide into microseconds is never faster than it says', () =>
    expect(read({ rate: '7/1s' }).rule).toEqual({ kind: 'rate', intervalUs: 142_858, burst: 7 }));

  test('a burst is the largest that is counted exactly, and no larger', () => {
    expect(read({ rate: '1/366d', burst: 35 }).rule).toMatchObject({ burst: 35 });
    expect(read({ rate: '1000000000/366d' }).rule).toMatchObject({ burst: 1_000_000_000 });
  });

  test('one request takes one permit of its subject, unless it says otherwise', () => {
    expect(read('60/1m')).toMatchObject({ by: 'subject', cost: 1, shared: false, manner: {} });
    const given = { window: '60/1m', by: 'ip', cost: 0, name: 'search', exact: true, onStoreFailure: 'deny' } as const;
    expect(read(given)).toMatchObject({
      by: 'ip',
      cost: 0,
      name: 'search',
      shared: true,
      manner: { exact: true, onStoreFailure: 'deny' },
    });
  });

  test.each<[unknown, string]>([
    ['60/1x', 'limit, after the slash, must be a duration'],
    ['0/1m', 'limit must be from 1'],
    ['-1/1m', 'limit must be a limit such as'],
    ['1.5/1m', 'limit must be a limit such as'],
    ['1e3/1m', 'limit must be a limit such as'],
    ['60', 'limit must be a limit such as'],
    ['60/0s', 'limit must be for at least 1ms'],
    ['1/367d', 'limit must be for at least 1ms and at most 366d'],
    ['1000000001/1m', 'limit must be from 1 to 1000000000'],
    ['', 'limit must be a limit such as'],
    [60, "limit must be a limit such as '60/1m', not"],
    [null, "limit must be a limit such as '60/1m', not"],
    [{}, 'limit must have one of window, rate and quota'],
    [{ window: '1/1s', rate: '1/1s' }, 'limit must have one of'],
    [{ window: '1/1s', burst: 2 }, 'limit.burst belongs to a rate'],
    [{ rate: '10/1s', burst: 0 }, 'limit.burst must be from 1'],
    [{ rate: '10/1s', burst: Number.NaN }, 'limit.burst must be from 1'],
    [{ rate: '1/366d', burst: 36 }, 'limit.burst must be at most 35 at this rate'],
    [{ rate: '1/1d', burst: 1_000_000_000 }, 'limit.burst must be at most 13031 at this rate'],
    [{ quota: 5 }, 'limit.quota must be a limit such as'],
    [{ window: '5/1s', cost: -1 }, 'limit.cost must be a whole number'],
    [{ window: '5/1s', cost: 0.5 }, 'limit.cost must be a whole number'],
    [{ window: '5/1s', cost: Number.NaN }, 'limit.cost must be a whole number'],
    [{ window: '5/1s', cost: 6 }, 'limit.cost is 6, and no more than 5'],
    [{ window: '5/1s', by: 'phone' }, "limit.by must be 'subject'"],
    [{ window: '5/1s', name: '' }, 'limit.name must be'],
    [{ window: '5/1s', name: 'a"b' }, 'limit.name must be'],
    [{ window: '5/1s', name: 'größe' }, 'limit.name must be'],
    [{ window: '5/1s', exact: 1 }, 'limit.exact must be true or false'],
    [{ window: '5/1s', onStoreFailure: 'open' }, 'limit.onStoreFailure must be'],
    [{ window: '5/1s', by: 'email', onStoreFailure: 'allow' }, "limit.onStoreFailure: what guards sign-ins can't be"],
    [{ window: '5/1s', per: 'user' }, 'limit.per is not known'],
  ])('%j is a TypeError that names the option', (input, message) => {
    expect(() => read(input)).toThrow(TypeError);
    expect(() => read(input)).toThrow(message);
  });
});

describe('several limits of one place', () => {
  test('are a list, each with a name of its own', () => {
    expect(readLimitPolicies(['60/1m', { rate: '60/1m' }, { window: '60/1m', by: 'ip' }], 'limit')).toHaveLength(3);
    expect(readLimitPolicies('60/1m', 'limit')).toHaveLength(1);
  });
  test('two of one name would be one budget, charged twice', () => {
    expect(() => readLimitPolicies(['60/1m', '60/1m'], 'policy.limit')).toThrow(/^policy\.limit has two limits named/);
  });
  test('the one that makes no sense is named', () => {
    expect(() => readLimitPolicies(['60/1m', '0/1m'], 'policy.limit')).toThrow(/^policy\.limit\[1\] must be/);
  });
});
