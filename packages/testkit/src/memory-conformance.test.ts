import { describe, test } from 'vitest';
import { memoryStores } from '../../core/src/memory-stores.ts';
import {
  accountStoreCases,
  auditStoreCases,
  revocationStoreCases,
  type StoreHarness,
  sessionStoreCases,
  skewDate,
  subjectStoreCases,
} from './index.ts';
import { manualClock } from './manual-clock.ts';

const stores = memoryStores({ clock: manualClock() });
const harness: StoreHarness = { instances: [stores, stores, stores], skewAppClock: skewDate };

describe.each([
  ['sessions', sessionStoreCases],
  ['subjects', subjectStoreCases],
  ['accounts', accountStoreCases],
  ['audit', auditStoreCases],
  ['revocations', revocationStoreCases],
])('memory stores: %s', (_, cases) => {
  for (const c of cases) test(c.name, () => c.run(harness));
});
