import { createRequire } from 'node:module';
import { adapterCases } from '@castellan/testkit';
import type express from 'express';
import { test } from 'vitest';
import { expressHarness } from './frameworks/express-harness.ts';

/** Its types would be another copy of those of Express 5. */
const express4 = createRequire(import.meta.url)('express4') as typeof express;
const harness = expressHarness(express4, {
  rejections: 'Express 4 does not look at what a handler returns',
  slashes: 'Express 4 takes a slash after a mount path for its end',
});
for (const c of adapterCases) test(c.name, () => c.run(harness));
