import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { LimitHarness } from '../limit-harness.ts';
import { comparedCases } from './limits/compared-cases.ts';
import { giveBackCases } from './limits/give-back-cases.ts';
import { racingCases } from './limits/racing-cases.ts';
import { spendingCases } from './limits/spending-cases.ts';
import { spoiltCases } from './limits/spoilt-cases.ts';
import { timeCases } from './limits/time-cases.ts';

/** The rules of `LimitStore`. */
export const limitStoreCases: readonly ConformanceCase<LimitHarness>[] = [
  ...casesOf('spending', spendingCases),
  ...casesOf('time', timeCases),
  ...casesOf('giving back', giveBackCases),
  ...casesOf('racing', racingCases),
  ...casesOf('spoilt counts', spoiltCases),
  ...casesOf('compared', comparedCases),
];
