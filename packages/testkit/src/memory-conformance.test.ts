import { memoryStores } from '@castellan/core';
import { describe, test } from 'vitest';
import {
  accountStoreCases,
  auditStoreCases,
  manualClock,
  revocationStoreCases,
  type StoreHarness,
  sessionStoreCases,
  skewDate,
  subjectStoreCases,
} from './index.ts';

function memoryHarness(): StoreHarness {
  const stores = memoryStores({ clock: manualClock() });
  const { sessions, subjects } = stores;
  return {
    instances: [stores, stores, stores],
    skewAppClock: skewDate,
    alter: {
      bindKey: async (sessionId, popJkt) => sessions.alter(sessionId, { popJkt }),
      async disableQuietly(tenant, id) {
        const subject = subjects.get(tenant, id);
        if (subject) subjects.write({ ...subject, disabledAt: 0 });
      },
    },
  };
}

describe.each([
  ['sessions', sessionStoreCases],
  ['subjects', subjectStoreCases],
  ['accounts', accountStoreCases],
  ['audit', auditStoreCases],
  ['revocations', revocationStoreCases],
])('memory stores: %s', (_, cases) => {
  for (const c of cases) test(c.name, () => c.run(memoryHarness()));
});
