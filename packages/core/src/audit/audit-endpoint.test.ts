import { describe, expect, it } from 'vitest';
import type { EndpointCall } from '../http/index.ts';
import { noOrigin, uuidv7Generator } from '../kernel/index.ts';
import { createAudit } from './audit.ts';
import { auditEndpoints } from './audit-endpoint.ts';
import { createAppRegistry } from './library-actions.ts';
import { memoryAuditStore } from './memory-audit-store.ts';

const T0 = Date.UTC(2026, 0, 5, 12);
const SESSION = '018f3a5c-7b1e-7c3d-8a4f-0123456789ab';
const MINUTE = 60_000;

function scene() {
  let now = T0;
  const clock = () => now;
  const audit = createAudit({
    store: memoryAuditStore({ clock }),
    makeId: uuidv7Generator(clock),
    registry: createAppRegistry(),
  });
  const [endpoint] = auditEndpoints({ audit, accessTokenMs: 15 * MINUTE });
  if (!endpoint) throw new Error('no endpoint');
  const fact = { tenant: '', actor: 'ada', outcome: 'success', origin: noOrigin } as const;
  return {
    audit,
    endpoint,
    fact,
    advance: (ms: number) => {
      now += ms;
    },
    read: async (query = '', subject = 'ada', tenant = '') => {
      const principal = { subject, tenant, sessionId: SESSION, scopes: new Set<string>(), tier: 'free', claims: {} };
      const call = {
        context: { requestId: 'r', tenant, principal },
        query: new URLSearchParams(query),
      } as unknown as EndpointCall;
      const response = await endpoint.handle(call);
      expect(response.status).toBe(200);
      return JSON.parse(response.body as string) as {
        items: { action: string; id: string }[];
        next_cursor: string | null;
      };
    },
  };
}

describe('GET /audit', () => {
  it('shows the caller’s own events as contracts say', async () => {
    const { audit, fact, read, endpoint } = scene();
    const origin = { ip: '192.0.2.1', userAgent: 'browser/1', requestId: 'request-1' };
    await audit.record({
      ...fact,
      action: 'user.login',
      target: 'ada',
      outcome: 'failure',
      origin,
      meta: { reason: 'wrong_password' },
    });
    await audit.record({ ...fact, action: 'user.update', actor: 'eve' });
    await audit.record({ ...fact, action: 'user.update', tenant: 'acme' });
    expect(endpoint).toMatchObject({ method: 'GET', path: '/audit', public: false });
    expect(await read()).toEqual({
      items: [
        {
          id: expect.any(String),
          at: '2026-01-05T12:00:00.000Z',
          action: 'user.login',
          outcome: 'failure',
          target_kind: 'subject',
          target: 'ada',
          ip: '192.0.2.1',
          user_agent: 'browser/1',
          request_id: 'request-1',
          meta: { reason: 'wrong_password' },
        },
      ],
      next_cursor: null,
    });
  });

  it('goes through pages by the cursor', async () => {
    const { audit, fact, read } = scene();
    for (let at = 0; at < 25; at++) await audit.record({ ...fact, action: 'user.update' });
    const first = await read();
    expect(first.items).toHaveLength(20);
    const second = await read(`cursor=${first.next_cursor}&limit=100`);
    expect(second.items).toHaveLength(5);
    expect(second.next_cursor).toBeNull();
    expect(new Set([...first.items, ...second.items].map((one) => one.id)).size).toBe(25);
  });

  it('hides ordinary refreshes for 1.25 access-token lives, and nothing else', async () => {
    const { audit, fact, read, advance } = scene();
    const session = { ...fact, target: SESSION } as const;
    await audit.record({ ...session, action: 'user.refresh' });
    await audit.record({ ...session, action: 'user.refresh', outcome: 'failure' });
    await audit.record({ ...session, action: 'session.reuse_detected', outcome: 'failure' });
    await audit.record({ ...session, action: 'user.logout' });
    const shown = async () => (await read()).items.map((one) => one.action).toSorted();
    const others = ['session.reuse_detected', 'user.logout', 'user.refresh'];
    expect(await shown()).toEqual(others);
    advance(18.75 * MINUTE - 1);
    expect(await shown()).toEqual(others);
    advance(1);
    expect(await shown()).toEqual([...others, 'user.refresh']);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=99999999999', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=abc', 'cursor'],
    ['cursor=%00', 'cursor'],
    [`cursor=${'a'.repeat(10_000)}`, 'cursor'],
  ])('names the parameter that makes no sense: %.40s', async (query, pointer) => {
    await expect(scene().read(query)).rejects.toMatchObject({ code: 'validation_failed', fields: [{ pointer }] });
  });
});
