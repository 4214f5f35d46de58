import type { ConformanceCase } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';

export const auditStoreCases: readonly ConformanceCase<StoreHarness>[] = [];
