/** What the memo must know of what it keeps. */
export interface MemoEntry {
  readonly tenant: string;
  readonly audience: string;
  readonly sessionId: string;
  /** Unix ms, the store's clock. */
  readonly expiresAt: number;
}

/**
 * Access tokens that were verified and passed the use verb, so that their next presentation costs a look-up. Says
 * nothing about revocation: whoever finds an entry asks for the verdict.
 *
 * Only `insert` makes it grow. Called for nothing but canonical, authentic tokens in use, a flood of forged or
 * re-spelled ones neither grows it nor evicts anybody.
 */
export interface TokenMemo<E extends MemoEntry> {
  /**
   * The entry of exactly this token in this tenant, for this audience.
   * @param now Unix ms, the store's clock; an expired entry is dropped
   * @param line what the token is the end of, as it came (`Bearer …`)
   */
  find(token: string, tenant: string, audience: string, now: number, line?: string): E | undefined;
  /**
   * Remembers a token. Precondition: verified and accepted by the use verb.
   * @param now Unix ms, the store's clock
   * @param line as in `find`: two whole lines are compared in half the time that two pieces of lines take
   */
  insert(token: string, entry: E, now: number, line?: string): void;
  /** Drops a token that turned out dead. */
  forget(token: string): void;
  size(): number;
}

/** Options of {@link createTokenMemo}. */
export interface TokenMemoOptions {
  /** Most entries kept. Default 20,000 (about 1.2 KB each with its token and claims). */
  readonly capacity?: number;
  /** Most entries kept of one session, so that one client can't fill the memo. Default 8. */
  readonly perSession?: number;
}

interface Node<E> {
  /** The whole text, compared to the letter: the signature alone says nothing about what stands before it. */
  readonly token: string;
  readonly line: string | undefined;
  readonly entry: E;
  visited: boolean;
  newer: Node<E> | undefined;
  older: Node<E> | undefined;
  /** The next older one of the same session. */
  sibling: Node<E> | undefined;
}

/** How many of the oldest entries an insert looks at for expiry. */
const SWEEP = 2;

/**
 * A memo with SIEVE eviction (Zhang et al., NSDI 2024): a hit sets a mark and moves nothing, which keeps hot keys cheap
 * (a delete-and-set LRU rehashes its Map instead), and entries never seen again leave before those that were.
 */
export function createTokenMemo<E extends MemoEntry>(options: TokenMemoOptions = {}): TokenMemo<E> {
  const capacity = positive(options.capacity ?? 20_000, 'tokenMemo.capacity');
  const perSession = positive(options.perSession ?? 8, 'tokenMemo.perSession');
  const nodes = new Map<number, Node<E>>();
  const sessions = new Map<string, Node<E>>();
  let newest: Node<E> | undefined;
  let oldest: Node<E> | undefined;
  let hand: Node<E> | undefined;

  function remove(node: Node<E>): void {
    nodes.delete(keyOf(node.token));
    if (hand === node) hand = node.newer;
    if (node.newer) node.newer.older = node.older;
    else newest = node.older;
    if (node.older) node.older.newer = node.newer;
    else oldest = node.newer;
    leaveSession(node);
  }

  function leaveSession(node: Node<E>): void {
    const { sessionId } = node.entry;
    let at = sessions.get(sessionId);
    if (at === node) {
      if (node.sibling) sessions.set(sessionId, node.sibling);
      else sessions.delete(sessionId);
      return;
    }
    while (at && at.sibling !== node) at = at.sibling;
    if (at) at.sibling = node.sibling;
  }

  function evict(): void {
    let node = hand ?? oldest;
    while (node?.visited) {
      node.visited = false;
      node = node.newer ?? oldest;
    }
    if (!node) return;
    hand = node.newer;
    remove(node);
  }

  function trimSession(first: Node<E>): void {
    let last = first;
    let count = 1;
    while (last.sibling) {
      last = last.sibling;
      count++;
    }
    if (count > perSession) remove(last);
  }

  return {
    find(token, tenant, audience, now, line) {
      const node = nodes.get(keyOf(line ?? token));
      if (node === undefined) return undefined;
      // a text without a line is compared with no line: a cookie has no scheme before its token
      if ((line === undefined || node.line !== line) && node.token !== token) return undefined;
      const { entry } = node;
      if (entry.tenant !== tenant || entry.audience !== audience) return undefined;
      if (now >= entry.expiresAt) {
        remove(node);
        return undefined;
      }
      node.visited = true;
      return entry;
    },
    insert(token, entry, now, line) {
      const key = keyOf(token);
      const before = nodes.get(key);
      if (before) remove(before);
      // tokens expire in about the order of their first use
      for (let look = 0; look < SWEEP && oldest && now >= oldest.entry.expiresAt; look++) remove(oldest);
      if (nodes.size >= capacity) evict();
      const sibling = sessions.get(entry.sessionId);
      const node: Node<E> = { token, line, entry, visited: false, newer: undefined, older: newest, sibling };
      if (newest) newest.newer = node;
      else oldest = node;
      newest = node;
      nodes.set(key, node);
      sessions.set(entry.sessionId, node);
      trimSession(node);
    },
    forget(token) {
      const node = nodes.get(keyOf(token));
      if (node?.token === token) remove(node);
    },
    // a method: with an accessor the whole object would be a dictionary to V8, and each call on it a look-up
    size() {
      return nodes.size;
    },
  };
}

/**
 * The key of the Map: 30 bits of the signature's last characters. A string as the key would be hashed anew for every
 * token that arrives, which costs as much as the rest of the look-up. Two tokens of one key displace each other: one pair
 * in five full memos. Nobody can aim at it, for only verified tokens are kept and nobody chooses a signature. And it
 * costs a second verification, never an answer, for the whole text decides.
 */
function keyOf(token: string): number {
  let key = 0;
  for (let at = token.length - 9; at < token.length - 1; at++) key = (Math.imul(key, 67) + token.charCodeAt(at)) | 0;
  return key >>> 2;
}

function positive(value: number, path: string): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${path} must be a whole number of at least 1`);
  return value;
}
