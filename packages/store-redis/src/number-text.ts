const letters: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/**
 * A whole number in letters of one byte each: six bits a letter, the lowest first, 64 on all but the last. A script
 * reads hundreds of them out of one argument, far faster than as many arguments or JSON.
 */
export function numberText(value: number): string {
  if (value < 64) return letters[value] ?? '';
  let text = '';
  let rest = value;
  for (; rest >= 64; rest = Math.floor(rest / 64)) text += letters[64 + (rest % 64)];
  return text + letters[rest];
}
