import fastify from 'fastify';
import { pino } from 'pino';
import { test } from 'vitest';
import { type Castellan, createCastellan, jsonLogger, type Logger, memoryStores } from './index.ts';

const castellan = createCastellan({
  issuer: 'https://api.example.com',
  keys: '',
  peppers: '',
  stores: memoryStores(),
  audit: { actions: { 'order.ship': { target: 'order', meta: { parcels: 'integer', carrier: ['post', 'rail'] } } } },
});
const entry = {
  action: 'order.ship',
  tenant: '',
  actor: 'ada',
  outcome: 'success',
  origin: { ip: null, userAgent: null, requestId: null },
} as const;

test("an entry of the app's own says what its action declares, and nothing else", () => {
  void castellan.audit.record({ ...entry, target: '4711', meta: { parcels: 2, carrier: 'rail' } });
  // @ts-expect-error undeclared member
  void castellan.audit.record({ ...entry, meta: { weight: 2 } });
  // @ts-expect-error no such word
  void castellan.audit.record({ ...entry, meta: { carrier: 'road' } });
  // @ts-expect-error the library's own actions are the library's
  void castellan.audit.record({ ...entry, action: 'user.login' });
});

test('what is composed is a Castellan wherever one is asked for', () => {
  const asked: Castellan = castellan;
  void asked;
});

test("the policy of an endpoint of the app's own has the app's own names", () => {
  const options = { issuer: 'https://api.example.com', keys: '', peppers: '', stores: memoryStores() };
  const tiers = { free: { rank: 0 }, pro: { rank: 1 } };
  const handle = () => ({ status: 204, headers: {}, body: null });
  createCastellan({ ...options, tiers, endpoints: [{ method: 'GET', path: '/x', policy: { tier: 'pro' }, handle }] });
  // @ts-expect-error no such tier
  createCastellan({ ...options, tiers, endpoints: [{ method: 'GET', path: '/x', policy: { tier: 'gold' }, handle }] });
  // @ts-expect-error no such method
  createCastellan({ ...options, endpoints: [{ method: 'PURGE', path: '/x', handle }] });
});

test('logger, service and health checks are told apart from what only looks like them', () => {
  const options = { issuer: 'https://api.example.com', keys: '', peppers: '', stores: memoryStores() };
  const logger: Logger = pino();
  createCastellan({ ...options, logger, service: 'orders', health: { checks: { mail: async () => 250 } } });
  createCastellan({ ...options, logger: fastify().log });
  createCastellan({ ...options, logger: jsonLogger({ service: 'orders' }) });
  // @ts-expect-error a logger is an object with its three levels
  createCastellan({ ...options, logger: 'console' });
  // @ts-expect-error a check is a function, not its promise
  createCastellan({ ...options, health: { checks: { mail: Promise.resolve(250) } } });
  // @ts-expect-error durations have a unit
  createCastellan({ ...options, health: { timeout: 2000 } });
});
