/**
 * What the handlers of the cases' routes do, each in the words of the framework; `H` is its type of a handler. Every
 * handler calls `stage.entered` with its name first. Texts, sources and errors come from the stage.
 *
 * Where two say the same but for *how*, the framework's two ways are meant. One that a framework doesn't have is written
 * by its nearest way.
 */
export interface RouteHandlers<H> {
  // whole answers

  /** 201, `{"a":1}` by the framework's way to send JSON, before the handler returns. */
  readonly json: H;
  /** The same from an async handler, a turn later. */
  readonly 'json-async': H;
  /** The same after the handler has returned, from a callback; of a framework that only awaits, from a promise. */
  readonly 'json-callback': H;
  /** The same from an async handler that sends and returns nothing. */
  readonly 'json-unreturned': H;
  /** The same by another way of the framework to send an object: `send`, `return`, … */
  readonly 'json-sent': H;
  /** 200, `stage.text` as `text/plain` in UTF-8. */
  readonly text: H;
  /** 200, the bytes of `abc` as `application/octet-stream`. */
  readonly bytes: H;
  /** 204. */
  readonly empty: H;
  /** 200 and `text/plain`, but not a byte. */
  readonly 'empty-text': H;
  /** 404 with a body of its own, the JSON `{"own":true}`. */
  readonly missing: H;
  /** 303 to `/elsewhere`. */
  readonly redirect: H;
  /** 200, `{}`, with the cookies `a=1; Path=/` and `b=2; Path=/`, one after the other. */
  readonly cookies: H;
  /** 200, `{}`, with `x-request-id: own-request-id` and `X-Own: 1`. */
  readonly headers: H;
  /** 200, `stage.largeText` as `text/plain` in UTF-8. */
  readonly large: H;
  /** On Node's own response, past the framework: `writeHead(202, { 'content-type': 'text/plain' })`, `end('abc')`. */
  readonly 'node-end': H;
  /** On Node's own response: `write('abc')`, `write('def')`, `end('ghi')`, as `text/plain`. */
  readonly 'node-write': H;
  /** Answers as `json` does, then once more. */
  readonly twice: H;
  /** 200, `{ subject, id, at }`: of `principalOf`, of the route's parameter and of the query. */
  readonly who: H;
  /** 200, `{ body }`: what the framework gives a handler of the request's body, `null` where there is none. */
  readonly echo: H;

  // flowing answers

  /** 200, `stage.source()` as `text/plain`, without a length. */
  readonly stream: H;
  /** The same with `Content-Length: 9`. */
  readonly 'stream-length': H;
  /** The same source as a web `ReadableStream`. */
  readonly 'stream-web': H;
  /** 200, `stage.largeSource()` as `text/plain`. */
  readonly 'stream-large': H;
  /** 200, `stage.halfSource()` as `text/plain`: it fails half way. */
  readonly 'stream-half': H;
  /** The same with `Content-Length: 9`. */
  readonly 'stream-half-length': H;
  /** 200, `stage.failedSource()`: it fails before its first byte. */
  readonly 'stream-failed': H;
  /** On Node's own response: `flushHeaders()`, then `stage.go()`, then `end('abc')`, as `text/plain`. */
  readonly flushed: H;

  // failures

  /** Throws `stage.problem()`, before anything was waited for. */
  readonly 'throw-problem': H;
  /** Rejects with it, a turn later. Where a framework does not look at promises, the app passes it on. */
  readonly 'reject-problem': H;
  /** Throws `stage.error()`. */
  readonly 'throw-error': H;
  /** Rejects with it, a turn later. Where a framework does not look at promises, the app passes it on. */
  readonly 'reject-error': H;
  /**
   * The same, and the app does not pass it on. Where a framework does not look at promises, the harness keeps it from
   * ending the process, no more.
   */
  readonly 'reject-alone': H;
  /** Gives it to the framework by its own word for it: `next(error)`, `reply.send(error)`, `ctx.throw(error)`. */
  readonly 'pass-error': H;
  /** Throws an error whose `status` is 409, as http-errors makes them. */
  readonly 'throw-status': H;
  /** Throws a text, which is no `Error`. */
  readonly 'throw-text': H;
  /**
   * Sets the cookie `a=1; Path=/`, `X-Own: 1`, status 201, `ETag`, `Content-Encoding: br` and `Cache-Control: public`,
   * then throws `stage.problem()`.
   */
  readonly 'throw-dressed': H;
  /** Answers as `json` does, then throws `stage.error()`. */
  readonly 'throw-answered': H;
  /** On Node's own response: `write('abc')` as `text/plain`, then `stage.go()`, then throws `stage.error()`. */
  readonly 'throw-half': H;

  // patience

  /** Waits for `stage.go()`, then answers as `json` does. */
  readonly slow: H;
  /** Does nothing at all. */
  readonly never: H;
}

/** The name of a handler. */
export type HandlerName = keyof RouteHandlers<unknown>;
