/** What {@link parseForm} answers: the fields, or why the text is refused. */
export type ParsedForm =
  | { readonly value: Readonly<Record<string, string>> }
  | { readonly refused: 'syntax' | 'duplicate_member' };

/**
 * Parses `application/x-www-form-urlencoded`. Stricter than `URLSearchParams`, which takes broken percent-encoding and
 * bytes that are no UTF-8 without a word, and keeps fields that are given twice.
 */
export function parseForm(text: string): ParsedForm {
  const fields = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (name === undefined || value === undefined) return { refused: 'syntax' };
    if (fields.has(name)) return { refused: 'duplicate_member' };
    fields.set(name, value);
  }
  return { value: Object.fromEntries(fields) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
