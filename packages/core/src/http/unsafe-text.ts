import { pointerStep } from './json-pointer.ts';
import type { FieldFault } from './problem.ts';

/** As many faults as one answer names. */
export const MAX_FAULTS = 32;

/**
 * Finds texts that no store keeps as they are: NUL, which PostgreSQL refuses, and unpaired surrogates, which become
 * U+FFFD on the way, so that two different texts would turn into one. Member names count too.
 *
 * Goes through without recursion: 64 KiB are enough for 32,000 levels.
 */
export function unsafeTexts(value: unknown): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value, pointer: '' }];
  for (let next = open.pop(); next && faults.length < MAX_FAULTS; next = open.pop()) {
    const { value: current, pointer } = next;
    if (typeof current === 'string') {
      if (isUnsafe(current)) faults.push(fault(pointer));
    } else if (Array.isArray(current)) {
      for (let at = current.length - 1; at >= 0; at--) open.push({ value: current[at], pointer: `${pointer}/${at}` });
    } else if (typeof current === 'object' && current !== null) {
      for (const [name, member] of Object.entries(current).reverse()) {
        const below = `${pointer}/${pointerStep(name)}`;
        if (isUnsafe(name)) faults.push(fault(below));
        else open.push({ value: member, pointer: below });
      }
    }
  }
  return faults;
}

/** Whether a text holds NUL or an unpaired surrogate. */
export function isUnsafe(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function fault(pointer: string): FieldFault {
  return { pointer, code: 'invalid_character', detail: 'must not hold NUL or unpaired surrogates' };
}
