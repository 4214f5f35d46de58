/** What {@link parseJson} answers: the value, or why the text is refused. */
export type ParsedJson = { readonly value: unknown } | { readonly refused: 'syntax' | 'duplicate_member' };

/**
 * Parses JSON and refuses duplicate member names (RFC 8259 section 4 leaves their meaning open: two parsers may read
 * two different messages out of one text).
 */
export function parseJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: 'syntax' };
  }
  return hasDuplicateMember(text) ? { refused: 'duplicate_member' } : { value };
}

/** The text is known to be valid JSON: only strings, braces and colons matter. */
function hasDuplicateMember(text: string): boolean {
  const open: (Set<string> | undefined)[] = []; // a set of names for an object, undefined for an array
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x7b) open.push(new Set());
    else if (char === 0x5b) open.push(undefined);
    else if (char === 0x7d || char === 0x5d) open.pop();
    else if (char === 0x22) {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (names && followedByColon(text, end)) {
        const name = JSON.parse(text.slice(at, end)) as string; // "a" and "\u0061" are one name
        if (names.has(name)) return true;
        names.add(name);
      }
      at = end;
      continue;
    }
    at++;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}

function followedByColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}
