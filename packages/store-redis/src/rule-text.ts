import type { LimitRule } from '@castellan/core/limits';
import { numberText } from './number-text.ts';

/** Kind, limit and span, as the scripts know them. */
export function ruleText(rule: LimitRule): string {
  switch (rule.kind) {
    case 'window':
      return numberText(0) + numberText(rule.limit) + numberText(Math.ceil(rule.windowUs / 16));
    case 'rate':
      return numberText(1) + numberText(rule.burst) + numberText(rule.intervalUs);
    case 'quota':
      return numberText(2) + numberText(rule.limit) + numberText(rule.windowUs);
  }
}
