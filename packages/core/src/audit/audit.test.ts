import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noOrigin, uuidv7Generator } from '../kernel/index.ts';
import { createAudit } from './audit.ts';
import { readCursor, writeCursor } from './audit-cursor.ts';
import { createAppRegistry } from './library-actions.ts';
import { memoryAuditStore } from './memory-audit-store.ts';

const T0 = Date.UTC(2026, 0, 5, 12);

/** A ledger whose clock stands where it is put. */
function ledger() {
  let now = T0;
  const clock = () => now;
  const registry = createAppRegistry({ 'order.create': { target: 'order', meta: { lines: 'integer' } } });
  const store = memoryAuditStore({ clock });
  const audit = createAudit({ store, makeId: uuidv7Generator(clock), registry });
  const order = (target: string, change: { actor?: string; tenant?: string; outcome?: 'failure' } = {}) => {
    now += 1000;
    return audit.record({
      tenant: '',
      actor: 'ada',
      action: 'order.create',
      target,
      outcome: 'success',
      origin: noOrigin,
      meta: { lines: Number(target) },
      ...change,
    });
  };
  return { audit, order };
}

const targets = (page: { readonly items: readonly { readonly target: string | null }[] }) =>
  page.items.map((one) => one.target);

describe('the ledger', () => {
  it('writes who did what to what, from where, and how it ended', async () => {
    const { audit } = ledger();
    const origin = { ip: '192.0.2.1', userAgent: 'browser/1', requestId: 'request-1' };
    await audit.record({
      tenant: 'acme',
      actor: 'ada',
      action: 'order.create',
      target: '4711',
      outcome: 'failure',
      origin,
      meta: { lines: 3 },
    });
    expect((await audit.query({ tenant: 'acme' })).items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: T0,
        tenant: 'acme',
        actor: 'ada',
        action: 'order.create',
        targetKind: 'order',
        target: '4711',
        outcome: 'failure',
        origin,
        meta: { lines: 3 },
      },
    ]);
  });

  it('refuses to write what an action does not declare', async () => {
    const { audit } = ledger();
    const fact = { tenant: '', actor: null, outcome: 'success', origin: noOrigin } as const;
    await expect(audit.record({ ...fact, action: 'order.delete' as 'order.create' })).rejects.toThrow(TypeError);
    await expect(audit.record({ ...fact, action: 'order.create', meta: { total: 1 } as never })).rejects.toThrow(
      TypeError,
    );
    expect((await audit.query({ tenant: '' })).items).toEqual([]);
  });

  it('resolves a record only when the store says that it is durable', async () => {
    let durable = (): void => undefined;
    const store = {
      append: () => new Promise<void>((resolve) => (durable = resolve)),
      query: async () => ({ events: [], next: null }),
    };
    const audit = createAudit({ store, makeId: uuidv7Generator(), registry: createAppRegistry(['a.b']) });
    let resolved = false;
    const recorded = audit
      .record({ tenant: '', action: 'a.b', actor: null, outcome: 'success', origin: noOrigin })
      .then(() => (resolved = true));
    await Promise.resolve();
    expect(resolved).toBe(false);
    durable();
    await recorded;
    expect(resolved).toBe(true);
  });

  it('is read newest first, page by page, without gap or repetition', async () => {
    const { audit, order } = ledger();
    for (let at = 1; at <= 7; at++) await order(`${at}`);
    const first = await audit.query({ tenant: '', limit: 3 });
    expect(targets(first)).toEqual(['7', '6', '5']);
    await order('8'); // what comes meanwhile moves nothing
    const second = await audit.query({ tenant: '', limit: 3, cursor: first.next_cursor ?? '' });
    expect(targets(second)).toEqual(['4', '3', '2']);
    const third = await audit.query({ tenant: '', limit: 3, cursor: second.next_cursor ?? '' });
    expect(targets(third)).toEqual(['1']);
    expect(third.next_cursor).toBeNull();
  });

  it('is filtered by actor, action, outcome, target and time, all at once', async () => {
    const { audit, order } = ledger();
    await order('1');
    await order('2', { actor: 'eve' });
    await order('3', { outcome: 'failure' });
    await order('4', { tenant: 'acme' });
    const read = async (filter: Omit<Parameters<typeof audit.query>[0], 'tenant'>) =>
      targets(await audit.query({ tenant: '', ...filter }));
    expect(await read({})).toEqual(['3', '2', '1']);
    expect(await read({ actor: 'ada' })).toEqual(['3', '1']);
    expect(await read({ outcome: 'failure' })).toEqual(['3']);
    expect(await read({ target: '2' })).toEqual(['2']);
    expect(await read({ action: 'user.login' })).toEqual([]);
    expect(await read({ from: new Date(T0 + 2000) })).toEqual(['3', '2']);
    expect(await read({ to: new Date(T0 + 2000) })).toEqual(['1']);
    expect(await read({ actor: 'ada', outcome: 'success', from: new Date(T0), to: new Date(T0 + 9000) })).toEqual([
      '1',
    ]);
  });

  it.each([
    ['cursor', { cursor: 'nonsense' }],
    ['cursor', { cursor: '' }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: Number.NaN }],
    ['from', { from: new Date(Number.NaN) }],
    ['to', { to: new Date('yesterday') }],
  ])('names the %s that makes no sense: %j', async (pointer, filter) => {
    await expect(ledger().audit.query({ tenant: '', ...filter })).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ pointer, code: 'invalid' }],
    });
  });
});

describe('a cursor', () => {
  const position = fc.record({ at: fc.nat({ max: 8_640_000_000_000_000 }), id: fc.uuid() });

  it('says where it was made', () => {
    fc.assert(
      fc.property(position, (one) => {
        expect(readCursor(writeCursor(one))).toEqual(one);
      }),
    );
  });

  it('has one spelling, and no other text is one', () => {
    const altered = fc.tuple(position, fc.nat(), fc.string({ minLength: 1, maxLength: 1 })).map(([one, at, other]) => {
      const cursor = writeCursor(one);
      const place = at % cursor.length;
      return cursor.slice(0, place) + other + cursor.slice(place + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), altered), (text) => {
        const read = readCursor(text);
        expect(read === undefined || writeCursor(read) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['-1', '1e3', '01', '8640000000000001', '99999999999999999', ''])('is none with the time %j', (at) => {
    expect(readCursor(Buffer.from(`${at}.018f3a5c-7b1e-7c3d-8a4f-0123456789ab`).toString('base64url'))).toBeUndefined();
  });
});
