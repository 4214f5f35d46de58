/** Statements that one call may need; each waits for at most one concurrent commit. */
const MOST_TRIES = 5;

/**
 * Asks until the answer is one. A statement's snapshot is older than what committed while it waited, so that a row it
 * needs may be invisible to it; in a new statement it is there.
 *
 * @param otherwise the answer when it stays so
 */
export async function askAgain<T>(ask: () => Promise<T | 'ask_again'>, otherwise: () => T): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await ask();
    if (answer !== 'ask_again') return answer;
  }
  return otherwise();
}
