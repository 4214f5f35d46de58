import type { BodyExchange, Exchange, HttpResponse } from './exchange.ts';

/** What a guard wants to do on the way out. Runs once, in reverse order, and never sees a rejection. */
export type After = (response: HttpResponse) => HttpResponse | Promise<HttpResponse>;

/** Nothing: pass. A response: answer now. A function: pass, and show me the answer. */
// biome-ignore lint/suspicious/noConfusingVoidType: a guard that just passes returns nothing
export type Verdict = void | HttpResponse | After;

/** A function at the door of a handler. What it throws becomes a problem at its own level. */
export type Guard = (exchange: Exchange) => Verdict | Promise<Verdict>;

/** A guard that needs the body. */
export type BodyGuard = (exchange: BodyExchange) => Verdict | Promise<Verdict>;
