import { describe, expect, it } from 'vitest';
import type { AtEnd, Exchange, HttpResponse } from '../http/index.ts';
import { StoreUnavailableError, uuidv7Generator } from '../kernel/index.ts';
import { createAudit } from './audit.ts';
import { auditGuard } from './audit-guard.ts';
import { createAppRegistry } from './library-actions.ts';
import { memoryAuditStore } from './memory-audit-store.ts';

const registry = createAppRegistry(['order.create']);
const principal = { subject: 'ada', tenant: '', sessionId: 's', scopes: new Set<string>(), tier: 'free', claims: {} };

function exchange(ip = '192.0.2.1'): Exchange {
  const request = {
    method: 'POST',
    target: '/orders',
    route: '/orders',
    headers: { 'user-agent': 'browser/1' },
    ip,
    arrivedAt: 0,
    gone: false,
  };
  return { request, context: { requestId: 'request-1', tenant: '' }, headers: {} };
}

/** The guard over a ledger: lets `x` in, and shows the answer to what it left behind. */
function scene(append?: () => Promise<void>) {
  const store = memoryAuditStore();
  const audit = createAudit({ store: append ? { ...store, append } : store, makeId: uuidv7Generator(), registry });
  const guard = auditGuard({ audit, action: 'order.create' });
  return {
    rows: async () => (await audit.query({ tenant: '' })).items,
    pass: async (x: Exchange, response: HttpResponse): Promise<HttpResponse> => {
      const after = await guard(x);
      if (typeof after !== 'function') throw new Error('the guard answered at the door');
      return after(response);
    },
  };
}

const answer = (status: number): HttpResponse => ({ status, headers: {}, body: null });

describe('the audit guard', () => {
  it('writes one entry: actor, address, user agent, request, and the answer unchanged', async () => {
    const { pass, rows } = scene();
    const x = exchange();
    x.context.principal = principal;
    const response = answer(201);
    expect(await pass(x, response)).toBe(response);
    expect(await rows()).toMatchObject([
      {
        actor: 'ada',
        action: 'order.create',
        outcome: 'success',
        origin: { ip: '192.0.2.1', userAgent: 'browser/1', requestId: 'request-1' },
        meta: { status: 201 },
      },
    ]);
  });

  it('names a caller of a dual-stack socket as every other entry does', async () => {
    const { pass, rows } = scene();
    await pass(exchange('::ffff:192.0.2.1'), answer(200));
    expect(await rows()).toMatchObject([{ origin: { ip: '192.0.2.1' } }]);
  });

  it.each([
    [200, 'success'],
    [304, 'success'],
    [399, 'success'],
    [400, 'failure'],
    [401, 'failure'],
    [429, 'failure'],
    [500, 'failure'],
  ])('says of an answer with %i: %s, also when nobody was let in', async (status, outcome) => {
    const { pass, rows } = scene();
    await pass(exchange(), answer(status));
    expect(await rows()).toMatchObject([{ actor: null, outcome }]);
  });

  it('knows who was authenticated after it had let the request pass', async () => {
    const store = memoryAuditStore();
    const declared = createAppRegistry({ 'order.create': { target: 'order' } });
    const audit = createAudit({ store, makeId: uuidv7Generator(), registry: declared });
    const x = exchange();
    const after = await auditGuard({ audit, action: 'order.create' })(x);
    x.context.principal = principal;
    if (typeof after === 'function') await after(answer(200));
    expect((await audit.query({ tenant: '' })).items).toMatchObject([{ actor: 'ada', meta: null }]);
  });

  it('lets no answer leave that could not be written down', async () => {
    const { pass } = scene(() => Promise.reject(new StoreUnavailableError('memory', 'away')));
    await expect(pass(exchange(), answer(200))).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('holds the end of a flowing body back until the entry is durable', async () => {
    const { pass, rows } = scene();
    let atEnd: AtEnd | undefined;
    let limit = -1;
    const body = {
      beforeEnd(most: number, act: AtEnd) {
        limit = most;
        atEnd = act;
      },
    };
    await pass(exchange(), { status: 200, headers: {}, body });
    expect(await rows()).toEqual([]);
    expect(limit).toBe(0);
    await atEnd?.(undefined, false);
    expect(await rows()).toHaveLength(1);
  });
});
