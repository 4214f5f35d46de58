import { adapterCases } from '@castellan/testkit';
import { test } from 'vitest';
import { koaHarness } from './frameworks/koa-harness.ts';

const harness = koaHarness;
for (const c of adapterCases) test(c.name, () => c.run(harness));
