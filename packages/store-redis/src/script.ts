import { createHash } from 'node:crypto';

/** A Lua text of the library's own finite set: made once, known to servers by its hash. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

/** Names a text by its hash. */
export function script(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
