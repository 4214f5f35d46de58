import type { ConformanceCase } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';
import { historyCases } from './histories/history-cases.ts';
import { alteredCases } from './refresh/altered-cases.ts';
import { refreshAuditCases } from './refresh/audit-cases.ts';
import { refreshClockCases } from './refresh/clock-cases.ts';
import { keepCases } from './refresh/keep-cases.ts';
import { refreshRacingCases } from './refresh/racing-cases.ts';
import { refusalCases } from './refresh/refusal-cases.ts';
import { reissueCases } from './refresh/reissue-cases.ts';
import { replayCases } from './refresh/replay-cases.ts';
import { reuseCases } from './refresh/reuse-cases.ts';
import { rotateCases } from './refresh/rotate-cases.ts';
import { sharingCases } from './refresh/sharing-cases.ts';
import { supersededCases } from './refresh/superseded-cases.ts';
import { listCases } from './sessions/list-cases.ts';
import { sessionRacingCases } from './sessions/racing-cases.ts';
import { revokeCases, revokeOthersCases } from './sessions/revoke-cases.ts';
import { startCases } from './sessions/start-cases.ts';
import { useCases } from './sessions/use-cases.ts';

/** The rules of `SessionStore`: the state table of refresh, the use verb, start, revoke, list, and their races. */
export const sessionStoreCases: readonly ConformanceCase<StoreHarness>[] = [
  ...startCases,
  ...rotateCases,
  ...keepCases,
  ...replayCases,
  ...reissueCases,
  ...reuseCases,
  ...refusalCases,
  ...alteredCases,
  ...supersededCases,
  ...sharingCases,
  ...refreshAuditCases,
  ...refreshClockCases,
  ...refreshRacingCases,
  ...useCases,
  ...revokeCases,
  ...revokeOthersCases,
  ...listCases,
  ...sessionRacingCases,
  ...historyCases,
];
