import { adapterCases } from '@castellan/testkit';
import { test } from 'vitest';
import { fastifyHarness } from './frameworks/fastify-harness.ts';

const harness = fastifyHarness;
for (const c of adapterCases) test(c.name, () => c.run(harness));
