import { postgresLimitConformance } from './limits.cases.ts';

postgresLimitConformance('single');
