import { randomBytes } from 'node:crypto';
import { type LimitBucket, type LimitCheck, type LimitRule, memoryLimitStore } from '@castellan/core/limits';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { partitionKey } from './partition-key.ts';
import { redisLimitStore } from './redis-limit-store.ts';
import { sectionsOf } from './sections.cases.ts';

const client = new Redis(inject('redisUrl'));
afterAll(() => client.disconnect());

const MINUTE_US = 60_000_000;
const prefix = `shared-${randomBytes(6).toString('hex')}:`;
const start = 1_763_726_400_000_000;
let now = start;
const counted = redisLimitStore(client, { prefix, deadline: '20s', now: () => now });
const real = redisLimitStore(client, { prefix, deadline: '20s' });
const keyOf = partitionKey(prefix);

let partition = '';
beforeEach(() => {
  partition = randomBytes(16).toString('base64url');
  now = start;
});

const window = (limit: number, windowUs = MINUTE_US): LimitRule => ({ kind: 'window', limit, windowUs });
const limit = (name: string, rule: LimitRule, cost = 1): LimitBucket => ({
  key: name.padEnd(11, '.') + partition,
  partition,
  rule,
  cost,
});
const ofCaller = (bucket: LimitBucket, caller: string): LimitBucket => ({
  ...bucket,
  key: bucket.key.slice(0, 11) + caller,
  partition: caller,
});
type Store = typeof counted;
async function take(store: Store, buckets: readonly LimitBucket[], times = 1): Promise<number | undefined> {
  return (await store.consume([{ buckets, times }]))[0]?.granted;
}
async function leftOf(store: Store, bucket: LimitBucket): Promise<number | undefined> {
  const [answer] = await store.consume([{ buckets: [{ ...bucket, cost: 0 }], times: 1 }]);
  return answer?.buckets[0]?.remaining;
}
const storedValue = async (): Promise<Buffer> => (await client.getBuffer(keyOf(partition))) ?? Buffer.alloc(0);
const sectionCount = async (): Promise<number> => sectionsOf(await storedValue()).length;

describe('all limits of a caller live in one value', () => {
  test('a limit is the same budget alone, beside others and in any order', async () => {
    const [a, b, c] = [
      limit('a', window(20)),
      limit('b', { kind: 'rate', burst: 20, intervalUs: MINUTE_US }),
      limit('c', { kind: 'quota', limit: 20, windowUs: 1440 * MINUTE_US }),
    ];
    const ways = [[a], [b, c], [a, b, c], [c, b, a], [b], [c, a], [c]];
    for (const way of ways) expect(await take(real, way)).toBe(1);
    expect(await Promise.all([a, b, c].map((bucket) => leftOf(real, bucket)))).toEqual([16, 16, 15]);
    // in one call, too
    const answers = await real.consume(ways.map((buckets) => ({ buckets, times: 2 })));
    expect(answers.map(({ granted }) => granted)).toEqual(ways.map(() => 2));
    expect(await Promise.all([a, b, c].map((bucket) => leftOf(real, bucket)))).toEqual([8, 8, 5]);
    expect(await client.keys(`${prefix}*${partition}*`)).toEqual([keyOf(partition)]);
  });

  test('a check of no limit is granted, and beside it others are what they are', async () => {
    const none = { buckets: [], times: 3 };
    expect(await take(counted, [], 3)).toBe(3);
    const answers = await counted.consume([none, { buckets: [limit('one', window(2))], times: 3 }, none]);
    expect(answers.map(({ granted }) => granted)).toEqual([3, 2, 3]);
  });

  test('keys that only look alike are budgets of their own', async () => {
    const keys = ['x', ' x', `x${partition}`, ` x${partition}`, `  x${partition}`, '', partition];
    for (const key of keys) expect(await take(counted, [{ ...limit('', window(2)), key }], 3), key).toBe(2);
  });

  test('what one check writes changes no other budget', async () => {
    const quiet = limit('quiet', window(10, 600 * MINUTE_US));
    const loud = limit('loud', window(1000, 16 * MINUTE_US));
    expect(await take(counted, [quiet], 7)).toBe(7);
    for (let step = 0; step < 60; step++) {
      now += (step % 6) * MINUTE_US;
      expect(await take(counted, [loud], 1 + (step % 3))).toBe(1 + (step % 3));
      expect(await take(counted, [limit(`once-${step}`, window(5))])).toBe(1);
      expect(await leftOf(counted, quiet)).toBe(3);
    }
  });

  test('a check of several callers leaves what each has spent of the limits that it asks another one about', async () => {
    const other = randomBytes(16).toString('base64url');
    const of = (name: string, caller: string) => ofCaller(limit(name, window(9, 60 * MINUTE_US)), caller);
    expect(await take(counted, [of('sends', partition), of('gets', partition)], 4)).toBe(4);
    now += 10 * MINUTE_US;
    expect(await take(counted, [of('sends', partition), of('gets', other)])).toBe(1);
    expect(await leftOf(counted, of('gets', partition))).toBe(5);
    expect(await take(counted, [of('gets', partition)], 9)).toBe(5);
  });

  test('a section whose time has passed is left out when another one comes', async () => {
    await take(counted, [limit('short', window(5, MINUTE_US))]);
    await take(counted, [limit('long', window(5, 60 * MINUTE_US))]);
    expect(await sectionCount()).toBe(2);
    now += 2 * MINUTE_US;
    await take(counted, [limit('other', window(5))]);
    expect(await sectionCount()).toBe(2);
    expect(await leftOf(counted, limit('long', window(5, 60 * MINUTE_US)))).toBe(4);
    now += 2 * MINUTE_US;
    expect(await take(counted, [limit('full', window(5))], 6)).toBe(5);
    expect(await sectionCount()).toBe(2);
  });

  test('the key lives as long as the longest of its sections, whichever was written last', async () => {
    const ttl = () => client.pttl(keyOf(partition));
    await take(real, [limit('minute', window(5))]);
    const first = await ttl();
    expect(first).toBeGreaterThan(60_000);
    expect(first).toBeLessThanOrEqual(75_002);
    await take(real, [limit('hour', window(5, 60 * MINUTE_US))]);
    const second = await ttl();
    expect(second).toBeGreaterThan(3_600_000);
    expect(second).toBeLessThanOrEqual(4_500_002);
    for (let i = 0; i < 3; i++) await take(real, [limit('minute', window(5))], 2);
    await take(real, [limit('pace', { kind: 'rate', burst: 5, intervalUs: 1000 })]);
    await take(real, [limit('second', window(5, 1_000_000))], 9);
    expect(await ttl()).toBeGreaterThan(3_600_000);
    const day = limit('day', window(5, 1440 * MINUTE_US));
    const [answer] = await real.consume([{ buckets: [day], times: 1 }]);
    expect(await ttl()).toBeGreaterThan(86_400_000);
    await real.giveBack([{ buckets: [day], times: 1, at: answer?.at ?? 0 }]);
    expect(await ttl()).toBeGreaterThan(3_590_000);
    expect(await leftOf(real, limit('hour', window(5, 60 * MINUTE_US)))).toBe(4);
  });

  test('a life that is left as it is, is long enough: no section needs the key for longer', async () => {
    const some = [
      limit('short', window(1_000_000, 400_000)),
      limit('pace', { kind: 'rate', burst: 99, intervalUs: 100 }),
    ];
    for (const end = Date.now() + 1500; Date.now() < end; ) {
      expect(await take(real, Date.now() % 3 ? some.slice(0, 1) : some)).toBe(1);
      const [time, ttl] = (await client.multi().time().pttl(keyOf(partition)).exec()) ?? [];
      const [seconds, micros] = (time?.[1] ?? []) as string[];
      const livesUntil = Number(seconds) * 1e6 + Number(micros) + (Number(ttl?.[1]) + 2) * 1000;
      const value = await storedValue();
      const told = value.readUIntLE(0, 6) + value.readUInt8(6) * 2 ** 48;
      expect(livesUntil).toBeGreaterThan(told);
      for (const { numbers } of sectionsOf(value)) expect(told).toBeGreaterThanOrEqual(numbers.readDoubleLE(0));
    }
  });
});

describe('a clock that is set back', () => {
  const rules: LimitRule[] = [
    window(3),
    { kind: 'rate', burst: 3, intervalUs: MINUTE_US },
    { kind: 'rate', burst: 3, intervalUs: 1000 },
    { kind: 'quota', limit: 3, windowUs: MINUTE_US },
  ];

  test('by a little, gives nothing back', async () => {
    for (const [i, rule] of rules.entries()) {
      now = start + MINUTE_US;
      const bucket = limit(`little-${i}`, rule);
      expect(await take(counted, [bucket], 9)).toBe(3);
      for (const step of [1, 999, 1_000_000, 30_000_000]) {
        now -= step;
        expect(await take(counted, [bucket]), `${rule.kind}, by ${step}`).toBe(0);
      }
    }
  });

  test('by hours, refuses nobody for hours', async () => {
    for (const [i, rule] of rules.entries()) {
      now = start;
      const bucket = limit(`hours-${i}`, rule);
      expect(await take(counted, [bucket], 9)).toBe(3);
      now -= 300 * MINUTE_US;
      expect(await take(counted, [bucket], 9), rule.kind).toBe(3);
      expect(await take(counted, [bucket]), rule.kind).toBe(0);
    }
  });
});

describe('what is no value of ours', () => {
  const other = (name: string): LimitBucket => ({ key: name, partition: `${partition}-2`, rule: window(3), cost: 1 });

  test.each([
    ['a key of another type', (key: string) => client.multi().del(key).hset(key, 'field', 'no count').exec()],
    ['a short text', (key: string) => client.set(key, 'hello')],
    ['a long text', (key: string) => client.set(key, 'hello, I am no value of yours '.repeat(20))],
    ['zeros', (key: string) => client.set(key, Buffer.alloc(200))],
    ['ones', (key: string) => client.set(key, Buffer.alloc(200, 0xff))],
    ['half a value', async (key: string) => client.set(key, (await storedValue()).subarray(0, -3))],
    [
      'a tail that is too long',
      async (key: string) => {
        const value = await storedValue();
        const count = value.length > 8 ? value.readUInt8(7) : 0;
        value.writeUInt8(250, 8 + 18 * count);
        return client.set(key, value);
      },
    ],
    [
      'numbers that are none',
      async (key: string) => {
        const value = await storedValue();
        return client.set(key, value.fill(0xff, 14).fill(0xff, 0, 7));
      },
    ],
  ])('%s counts as none, and those in the same call notice nothing', async (_, spoil) => {
    const rules: LimitRule[] = [window(3), { kind: 'rate', burst: 3, intervalUs: MINUTE_US * 60 }];
    for (const rule of rules) {
      const bucket = limit('mine', rule);
      const beside = { ...other(`other-${rule.kind}`) };
      expect(await take(real, [bucket], 2)).toBe(2);
      expect(await take(real, [beside], 2)).toBe(2);
      await spoil(keyOf(partition));
      const answers = await real.consume([
        { buckets: [beside], times: 1 },
        { buckets: [bucket], times: 2 },
        { buckets: [beside], times: 1 },
        { buckets: [bucket, limit('more', rule)], times: 2 },
      ]);
      expect(answers.map(({ granted }) => granted)).toEqual([1, 2, 0, 1]);
      await spoil(keyOf(partition));
      await real.giveBack([{ buckets: [bucket], times: 1, at: answers[1]?.at ?? 0 }]);
      expect(await take(real, [bucket], 9)).toBeLessThanOrEqual(3);
      await client.del(keyOf(partition));
    }
  });
});

describe('many limits of one caller', () => {
  test('more than 64 live in keys of their own, and each is one budget whatever comes and goes', async () => {
    const names = Array.from({ length: 100 }, (_, i) => limit(`n${i}`, window(4, (1 + (i % 10)) * 10 * MINUTE_US)));
    for (const bucket of names) expect(await take(counted, [bucket])).toBe(1);
    expect(await sectionCount()).toBe(65);
    expect((await client.keys(`${prefix}*${partition}*`)).length).toBe(37);
    for (const bucket of names) expect(await take(counted, [bucket, limit('all', window(1000))], 2)).toBe(2);
    // a sixth of them has passed: there is room again, and those outside stay where they are
    now += 11 * MINUTE_US;
    for (const [i, bucket] of names.entries()) expect(await leftOf(counted, bucket), `${i}`).toBe(i % 10 === 0 ? 4 : 1);
    for (const [i, bucket] of names.entries())
      expect(await take(counted, [bucket], 9), `${i}`).toBe(i % 10 === 0 ? 4 : 1);
    for (const bucket of names) expect(await take(counted, [bucket], 9)).toBe(0);
    now += 120 * MINUTE_US;
    for (const bucket of names) expect(await take(counted, [bucket], 9)).toBe(4);
    for (const bucket of names) expect(await leftOf(counted, bucket)).toBe(0);
  });

  test.each([3, 12, 90])('random checks of some of %i limits get the answers of the memory store', async (size) => {
    for (let round = 0; round < 20; round++) {
      partition = randomBytes(16).toString('base64url');
      now = start + Math.floor(Math.random() * 2 ** 31);
      const memory = memoryLimitStore({ now: () => now });
      const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)] as T;
      const spans = [50_000, 1_000_000, 16_000_000, 60_000_000, 3_600_000_000];
      const other = randomBytes(16).toString('base64url');
      const limits = Array.from({ length: size }, (_, i) => {
        const windowUs = pick(spans);
        const most = pick([2, 5, 40, 1_000_000]);
        const rules: LimitRule[] = [
          { kind: 'window', limit: most, windowUs },
          { kind: 'window', limit: most, windowUs },
          { kind: 'quota', limit: most, windowUs },
          { kind: 'rate', burst: Math.min(most, 1000), intervalUs: windowUs },
        ];
        return limit(`l${i}`, pick(rules));
      });
      // the same limits of somebody else, who may be asked about in the same check
      limits.push(...limits.map((one) => ofCaller(one, other)));
      const some = (): LimitCheck => {
        const buckets = new Set(Array.from({ length: pick([1, 1, 2, 3, 4]) }, () => pick(limits)));
        return {
          buckets: [...buckets].map((bucket) => ({ ...bucket, cost: pick([0, 1, 1, 1, 1, 2]) })),
          times: pick([1, 1, 1, 2, 9]),
        };
      };
      for (let step = 0; step < 60; step++) {
        now += pick([0, 0, 1, 1000, 20_000, 3_750_000, 7_500_000, 60_000_000, 400_000_000]);
        const checks = Array.from({ length: pick([1, 1, 2, 5]) }, some);
        const answers = await counted.consume(checks);
        expect(answers, `round ${round}, step ${step}`).toEqual(memory.consume(checks));
        const [check] = checks;
        const [answer] = answers;
        if (!check || !answer?.granted || step % 5 > 0) continue;
        const taken = [{ ...check, times: 1, at: answer.at }];
        await counted.giveBack(taken);
        memory.giveBack(taken);
      }
    }
  });
});
