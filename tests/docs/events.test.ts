import fs from 'node:fs';
import path from 'node:path';
import type { CastellanEvents } from '@castellan/core';
import { expect, test } from 'vitest';

const document = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/events.md'), 'utf8');

/** The type has no values to read at run time; the compiler refuses this list when it isn't the type's. */
const events: Readonly<Record<keyof CastellanEvents, true>> = {
  'session.started': true,
  'session.rotated': true,
  'session.kept': true,
  'session.replayed': true,
  'session.reissued': true,
  'session.reuse_detected': true,
  'session.revoked': true,
  'session.expired': true,
  'session.sharing_suspected': true,
  'session.ahead': true,
  'account.registered': true,
  'account.login_failed': true,
  'account.password_changed': true,
  'csp.reported': true,
  'limit.exceeded': true,
  'limit.store_unavailable': true,
  'limit.store_recovered': true,
  'store.unavailable': true,
  'store.recovered': true,
  'health.failed': true,
  'health.recovered': true,
  'request.failed': true,
  'configuration.warning': true,
  'listener.failed': true,
};

test('docs/events.md has each event once, and no other', () => {
  const documented = [...document.matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, name]) => String(name));
  expect(documented.sort()).toEqual(Object.keys(events).sort());
});
