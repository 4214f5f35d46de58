import { memoryLimitStore } from '@castellan/core/limits';
import { describe, test } from 'vitest';
import { limitStoreCases } from './cases/limit-store-cases.ts';
import type { LimitHarness } from './limit-harness.ts';

describe('memory limit store', () => {
  const store = memoryLimitStore();
  const harness: LimitHarness = { instances: [store, store, store], timed: (now) => memoryLimitStore({ now }) };
  for (const c of limitStoreCases) test(c.name, () => c.run(harness));
});
