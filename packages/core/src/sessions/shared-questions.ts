/**
 * Asks, and lets those who ask the same at the same time share the answer.
 *
 * @param fresh true: the answer must be of a question that was sent after this call. False: one under way will do
 */
export type SharedQuestions<Q, A> = (key: string, question: Q, fresh: boolean) => Promise<A>;

interface UnderWay<A> {
  readonly answer: Promise<A>;
  /** The question after this one, for those who must not take its answer. */
  next?: Promise<A>;
}

/**
 * Makes {@link SharedQuestions}: of one key there is one question under way, so that a crowd costs what one does. Those
 * who need a fresh answer wait for the present question to end and share the next one.
 *
 * @param ask must answer or fail in a time of its own
 */
export function sharedQuestions<Q, A>(ask: (question: Q) => Promise<A>): SharedQuestions<Q, A> {
  const underWay = new Map<string, UnderWay<A>>();

  const send = (key: string, question: Q): Promise<A> => {
    const sent: UnderWay<A> = { answer: ask(question) };
    underWay.set(key, sent);
    const over = (): void => {
      if (underWay.get(key) === sent) underWay.delete(key);
    };
    sent.answer.then(over, over);
    return sent.answer;
  };

  return (key, question, fresh) => {
    const sent = underWay.get(key);
    if (!sent) return send(key, question);
    if (!fresh) return sent.answer;
    // whoever came in between has sent it after this call, too
    const next = (): Promise<A> => underWay.get(key)?.answer ?? send(key, question);
    sent.next ??= sent.answer.then(next, next);
    return sent.next;
  };
}
