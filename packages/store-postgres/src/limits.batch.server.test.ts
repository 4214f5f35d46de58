import { postgresLimitConformance } from './limits.cases.ts';

postgresLimitConformance('batch');
