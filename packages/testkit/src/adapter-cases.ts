import type { AdapterHarness } from './adapter-cases/adapter-harness.ts';
import { bodyCases } from './adapter-cases/body-cases.ts';
import { compressionCases } from './adapter-cases/compression-cases.ts';
import { doorCases } from './adapter-cases/door-cases.ts';
import { endpointCases } from './adapter-cases/endpoint-cases.ts';
import { failureCases } from './adapter-cases/failure-cases.ts';
import { flowingAnswerCases } from './adapter-cases/flowing-answer-cases.ts';
import { frontCases } from './adapter-cases/front-cases.ts';
import { goneClientCases } from './adapter-cases/gone-client-cases.ts';
import { viewCases } from './adapter-cases/view-cases.ts';
import { wholeAnswerCases } from './adapter-cases/whole-answer-cases.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** What an adapter promises, over real sockets. Each case builds an app of its own and may run beside others. */
export const adapterCases: readonly ConformanceCase<AdapterHarness>[] = [
  ...doorCases,
  ...viewCases,
  ...frontCases,
  ...bodyCases,
  ...wholeAnswerCases,
  ...flowingAnswerCases,
  ...failureCases,
  ...goneClientCases,
  ...compressionCases,
  ...endpointCases,
];
