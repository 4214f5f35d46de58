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
  return { instances: [stores, stores, stores], skewAppClock: skewDate };
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
