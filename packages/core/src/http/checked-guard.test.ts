import { describe, expect, it } from 'vitest';
import { testExchange } from '../../../../tests/support/exchanges.ts';
import { checkedGuard } from './checked-guard.ts';
import type { Exchange } from './exchange.ts';
import type { After, Guard } from './guard.ts';

const BROKEN = 'a\r\nset-cookie: b=c';
const answer = { status: 302, headers: { location: BROKEN }, body: null };
const outcome = async (guard: Guard, exchange: Exchange = testExchange()): Promise<unknown> => {
  try {
    return await checkedGuard(guard)(exchange);
  } catch (error) {
    return error;
  }
};

describe('a guard of the app', () => {
  it.each<[string, Guard]>([
    ['an answer', () => answer],
    ['a later answer', async () => answer],
    ['a header for every exit', ({ headers }) => void Object.assign(headers, { 'x-a': BROKEN })],
    ['one for every exit, later', async ({ headers }) => void Object.assign(headers, { 'x-a': ['fine', '€'] })],
  ])('%s that can not be written is its mistake', async (_what, guard) => {
    const exchange = testExchange();
    expect(await outcome(guard, exchange)).toBeInstanceOf(TypeError);
    expect(exchange.headers).not.toHaveProperty('x-a');
  });

  it.each<[string, Guard]>([
    ['at once', ({ headers }) => fail(headers)],
    ['later', async ({ headers }) => fail(headers)],
  ])('what it throws %s can be answered, whatever it has done before', async (_when, guard) => {
    const exchange = testExchange();
    expect(await outcome(guard, exchange)).toEqual(new Error('refused'));
    expect(exchange.headers).not.toHaveProperty('x-a');
  });

  it.each<[string, After]>([
    ['at once', () => answer],
    ['later', async () => answer],
  ])('what it makes of the answer %s is checked', async (_when, after) => {
    const checked = (await outcome(() => after)) as After;
    await expect((async () => checked({ status: 200, headers: {}, body: null }))()).rejects.toBeInstanceOf(TypeError);
  });

  it('is left alone otherwise, and as quick as it was', () => {
    const exchange = testExchange();
    const good = { status: 302, headers: { location: '/a?b=%0A' }, body: null };
    expect(checkedGuard(() => good)(exchange)).toBe(good);
    expect(checkedGuard(() => undefined)(exchange)).toBeUndefined();
  });
});

function fail(headers: Exchange['headers']): never {
  headers['x-a'] = BROKEN;
  throw new Error('refused');
}
