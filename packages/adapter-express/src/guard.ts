import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Entry, type Exchange, type HttpResponse, type Passage, takeSeat } from '@castellan/core/http';
import { type Capture, captureResponse } from './capture.ts';
import { markGuard } from './guard-mark.ts';
import type { ExpressRequest, Middleware, ParseMiddleware } from './middleware.ts';
import { requestView } from './request-view.ts';
import { type GateSeat, gateSeatOf } from './seat.ts';
import { putHeaders, send } from './send.ts';

/** What the guards of one gate share. */
export interface GuardSettings {
  /** Runs between head and body guards, unless `req.body` is there already. */
  readonly parse: ParseMiddleware | undefined;
  readonly abandonAfterMs: number;
}

/** One request at one guard. */
interface Call {
  readonly req: ExpressRequest;
  readonly res: ServerResponse;
  readonly exchange: Exchange;
  readonly passage: Passage;
  readonly seat: GateSeat;
  /** The capture of an earlier guard: that one's passage is not ours to end. */
  readonly outer: Capture | undefined;
}

type Refusal = HttpResponse | undefined;

/** Makes `guard`: a policy is compiled when the route is declared, and a mistake in it throws there. */
export function createGuard<P>(http: Entry<P>, settings: GuardSettings): (policy?: P) => Middleware {
  return (policy) => {
    const compiled = http.compile(policy);
    return markGuard((req, res, next) => {
      const earlier = gateSeatOf(req);
      const exchange = exchangeOf(http, req, compiled.route, earlier);
      const passage = http.open(compiled, exchange);
      const seat: GateSeat = { exchange, passage, capture: earlier?.capture };
      takeSeat(req, seat);
      const refusal = passage.head();
      if (refusal === undefined && !passage.wantsBody && !passage.watches) {
        putHeaders(res, exchange);
        next();
        return;
      }
      const call: Call = { req, res, exchange, passage, seat, outer: earlier?.capture };
      enter(http, settings, call, refusal).then((admitted) => {
        if (admitted) next();
      }, next);
    });
  };
}

/** A second guard goes on with the exchange of the first: one request, one id. */
function exchangeOf<P>(
  http: Entry<P>,
  req: IncomingMessage,
  route: string | undefined,
  earlier: GateSeat | undefined,
): Exchange {
  const request = requestView(req, route);
  return earlier
    ? { request, context: earlier.exchange.context, headers: earlier.exchange.headers }
    : http.exchange(request);
}

/** Everything that a guard may wait for. `true`: the handler's turn. */
async function enter<P>(
  http: Entry<P>,
  settings: GuardSettings,
  call: Call,
  head: Refusal | Promise<Refusal>,
): Promise<boolean> {
  const { res, exchange, passage } = call;
  const refusal = await head;
  if (refusal) return refuse(call, refusal);
  watch(http, settings, call);
  if (passage.wantsBody) {
    const refusedByBody = await checkBody(http, settings, call);
    if (refusedByBody) return refuse(call, refusedByBody);
    watch(http, settings, call);
  }
  if (res.headersSent) return false; // somebody, a timeout perhaps, did not want to wait for us
  putHeaders(res, exchange);
  return true;
}

/** Installs the capture as soon as an `after` wants to see the answer: also a parser's refusal is one. */
function watch<P>(http: Entry<P>, { abandonAfterMs }: GuardSettings, call: Call): void {
  const { req, res, exchange, passage, seat, outer } = call;
  if (!passage.watches || seat.capture !== outer) return;
  const report = (error: unknown): void => void http.problem(error, exchange);
  seat.capture = captureResponse({ req, res, exchange, passage, report, abandonAfterMs });
}

async function refuse({ req, res, exchange, passage, seat, outer }: Call, refusal: HttpResponse): Promise<false> {
  if (seat.capture && seat.capture !== outer) seat.capture.answer(refusal);
  else send(req, res, exchange, await passage.leave(refusal));
  return false;
}

async function checkBody<P>(http: Entry<P>, { parse }: GuardSettings, call: Call): Promise<Refusal> {
  const { req, res, exchange, passage } = call;
  try {
    if (parse && req.body === undefined) await parseBody(parse, req, res);
  } catch (error) {
    return http.problem(error, exchange);
  }
  const { body: value, rawBody } = req;
  const raw = [rawBody, value].find((bytes) => bytes instanceof Uint8Array);
  return passage.body({ value, raw });
}

function parseBody(parse: ParseMiddleware, req: ExpressRequest, res: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown): void => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('the body parser failed', { cause: error }));
    };
    const result = parse(req as never, res as never, next);
    if (result instanceof Promise) result.catch(next);
  });
}
