import type { ConformanceCase } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';
import { accountCases } from './accounts/account-cases.ts';
import { changePasswordCases } from './accounts/change-password-cases.ts';
import { accountRacingCases } from './accounts/racing-cases.ts';

/** The rules of `AccountStore`. */
export const accountStoreCases: readonly ConformanceCase<StoreHarness>[] = [
  ...accountCases,
  ...changePasswordCases,
  ...accountRacingCases,
];
