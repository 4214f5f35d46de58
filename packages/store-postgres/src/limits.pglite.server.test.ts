import { pgliteLimitConformance } from './limits.cases.ts';

pgliteLimitConformance();
