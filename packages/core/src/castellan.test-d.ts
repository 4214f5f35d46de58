import { test } from 'vitest';
import { type Castellan, createCastellan, memoryStores } from './index.ts';

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
