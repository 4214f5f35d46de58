import { describe, test } from 'vitest';
import { stateTableCases } from './state-table.cases.ts';

describe('the state table', () => {
  for (const { name, run } of stateTableCases) test(name, () => run());
});
