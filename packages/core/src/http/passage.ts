import type { CompiledPolicy, Passage } from './entry.ts';
import type { Exchange, HttpResponse, RequestBody } from './exchange.ts';
import type { After, Guard, Verdict } from './guard.ts';

/** Anything thrown, as the one shape that leaves. Must not throw itself. */
export type ToProblem = (error: unknown, exchange: Exchange) => HttpResponse;

type Refusal = HttpResponse | undefined;

/** A passage and what it goes by. */
interface Way extends Passage {
  policy: CompiledPolicy;
  exchange: Exchange;
  problem: ToProblem;
  /** Made when the first guard hands one back. */
  afters: After[] | undefined;
}

/** Shared by all passages, so that one costs one object of four members: there is one per request. */
const way: Passage & ThisType<Way> = {
  get watches() {
    return this.afters !== undefined;
  },
  get wantsBody() {
    return this.policy.body.length > 0;
  },
  head() {
    return enter(this.policy.head, this.exchange, this, 0);
  },
  body(body: RequestBody) {
    const { request, context, headers } = this.exchange;
    return enter(this.policy.body, { request, context, headers, body }, this, 0);
  },
  leave(response) {
    return this.afters ? unwind(this.afters, response, this) : response;
  },
};

/**
 * Begins one request's way through a policy's guards. Nothing here waits unless a guard does.
 *
 * Every guard decides in order; the first answer ends the way in. What a guard throws becomes a problem at its own
 * level: the `after` of the guards before it see that problem like any other answer.
 */
export function openPassage(policy: CompiledPolicy, exchange: Exchange, problem: ToProblem): Passage {
  const passage = Object.create(way) as Way;
  passage.policy = policy;
  passage.exchange = exchange;
  passage.problem = problem;
  passage.afters = undefined;
  return passage;
}

/**
 * Makes one guard of several, which pass, answer and unwind as if they stood there themselves.
 *
 * @param problem makes the answer for what one of them throws, so that those before it still see it
 */
export function composeGuards(guards: readonly Guard[], problem: ToProblem): Guard {
  const policy: CompiledPolicy = { head: guards, body: [], route: undefined };
  return (exchange) => {
    const passage = openPassage(policy, exchange, problem);
    const settle = (refusal: Refusal): Verdict | Promise<HttpResponse> => {
      if (refusal) return passage.leave(refusal);
      if (passage.watches) return (response) => passage.leave(response);
    };
    const refusal = passage.head();
    return refusal instanceof Promise ? refusal.then(settle) : settle(refusal);
  };
}

function enter<X extends Exchange>(
  guards: readonly ((exchange: X) => Verdict | Promise<Verdict>)[],
  exchange: X,
  passage: Way,
  from: number,
): Refusal | Promise<Refusal> {
  for (let at = from; at < guards.length; at++) {
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = (guards[at] as (exchange: X) => Verdict | Promise<Verdict>)(exchange);
    } catch (error) {
      return passage.problem(error, exchange);
    }
    if (!verdict) continue;
    if (typeof verdict === 'function') watch(passage, verdict);
    else if (isPromise(verdict))
      return Promise.resolve(verdict).then(
        (late) => {
          if (typeof late === 'function') watch(passage, late);
          else if (late) return answered(late, passage);
          return enter(guards, exchange, passage, at + 1);
        },
        (error: unknown) => passage.problem(error, exchange),
      );
    else return answered(verdict, passage);
  }
  return undefined;
}

/** An untyped guard may say `true` and mean that all is well: nobody must guess. */
function answered(verdict: HttpResponse, { problem, exchange }: Way): HttpResponse {
  if (typeof verdict.status === 'number') return verdict;
  return problem(new TypeError('a guard has returned what is neither a response nor a function'), exchange);
}

function watch(passage: Way, after: After): void {
  passage.afters ??= [];
  passage.afters.push(after);
}

/** Takes each `after` off before it runs: whatever happens, none runs twice and those below it still run. */
function unwind(afters: After[], response: HttpResponse, passage: Way): HttpResponse | Promise<HttpResponse> {
  const { problem, exchange } = passage;
  let current = response;
  for (let after = afters.pop(); after; after = afters.pop()) {
    let next: HttpResponse | Promise<HttpResponse>;
    try {
      next = after(current);
    } catch (error) {
      next = problem(error, exchange);
    }
    if (!next) continue; // an untyped `after` that only looked
    if (isPromise(next)) {
      const before = current;
      return Promise.resolve(next).then(
        (late) => unwind(afters, late ?? before, passage),
        (error: unknown) => unwind(afters, problem(error, exchange), passage),
      );
    }
    current = next;
  }
  return current;
}

/** Promises of other realms and libraries too. */
function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise || typeof (value as { then?: unknown }).then === 'function';
}
