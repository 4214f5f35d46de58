import type { ConformanceCase } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';
import { subjectRacingCases } from './subjects/racing-cases.ts';
import { subjectCases } from './subjects/subject-cases.ts';

/** The rules of `SubjectStore`. */
export const subjectStoreCases: readonly ConformanceCase<StoreHarness>[] = [...subjectCases, ...subjectRacingCases];
