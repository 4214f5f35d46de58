import { pgliteConformance } from './conformance.cases.ts';

pgliteConformance();
