import { describe, test } from 'vitest';
import { useVerbCases } from './use-verb.cases.ts';

describe('the use verb', () => {
  for (const { name, run } of useVerbCases) test(name, () => run());
});
