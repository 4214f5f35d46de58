import { adapterCases } from '@castellan/testkit';
import express from 'express';
import { test } from 'vitest';
import { expressHarness } from './frameworks/express-harness.ts';

const harness = expressHarness(express);
for (const c of adapterCases) test(c.name, () => c.run(harness));
