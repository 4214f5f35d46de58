import type { ConformanceCase } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';

export const revocationStoreCases: readonly ConformanceCase<StoreHarness>[] = [];
