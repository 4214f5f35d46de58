import { postgresConformance } from './conformance.cases.ts';

postgresConformance('batch');
