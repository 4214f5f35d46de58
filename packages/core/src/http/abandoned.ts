/**
 * Nobody answered: the client went away, and the handler did not answer either while it was waited for. What an `after`
 * sees as `response.error` then.
 */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';

  constructor() {
    super('the client went away and the handler gave no answer');
  }
}
