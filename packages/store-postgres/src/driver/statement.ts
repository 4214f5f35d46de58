import { createHash } from 'node:crypto';

/**
 * A statement of the library's own finite set: made once, when a store is made (its schema's name is part of the text),
 * never per request. The name lets a connection parse and plan it once.
 */
export interface Statement {
  /** `castellan_` and a hash of the text: the same text has the same name in every process, so poolers may share plans. */
  readonly name: string;
  readonly text: string;
}

/** Names a statement by its text. */
export function statement(text: string): Statement {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { name: `castellan_${hash}`, text };
}
