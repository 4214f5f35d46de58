import type { IncomingMessage, ServerResponse } from 'node:http';
import { AbandonedError, type Exchange, type HttpResponse, type Passage } from '../http/index.ts';
import { type Callback, readChunk, readEnd } from './chunk.ts';
import { createFlow, type Flow } from './flow.ts';
import { outOf } from './out.ts';
import { applyHead, assertStatus, forgetRepresentation, readHeaders, storeHead } from './response-head.ts';
import { sendBody } from './send.ts';

/** One answer on its way out, seen by a passage. */
export interface Capture {
  /** Whether nothing was answered yet. */
  readonly open: boolean;
  /**
   * Makes a response of ours the answer, in place of what the handler has prepared. When an answer is complete this one
   * is dropped; when a body has begun to flow the line is cut: never a second answer.
   */
  answer(response: HttpResponse): void;
}

/** What is captured, and for whom. */
export interface CaptureParts {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly exchange: Exchange;
  readonly passage: Passage;
  /** Takes the framework's hands off: an answer of ours goes out past it, with the headers that were prepared. */
  readonly release: () => void;
  /** Told of what went wrong when it was too late to answer with it. */
  readonly report: (error: unknown) => void;
  /** How long a handler is waited for when the client has gone. */
  readonly abandonAfterMs: number;
}

type Waiting = (dropped: boolean) => void;

/** Bytes that are taken without a word while the head is leaving. */
const WAITING_LIMIT = 1_048_576;

/**
 * Sits on an answer until the passage has seen it: on `writeHead`, `write`, `end` and `flushHeaders`. A whole answer
 * waits for `leave`; of a flowing one only the head does, and its end when somebody asked for it.
 */
export function captureResponse({
  req,
  res,
  exchange,
  passage,
  report,
  release,
  abandonAfterMs,
}: CaptureParts): Capture {
  const inner = outOf(res);
  /** open: nothing answered · leaving: the passage looks at it · passing: the head is on its way */
  let state: 'open' | 'leaving' | 'passing' = 'open';
  /** The answer is complete, whatever comes now is a second one. */
  let ended = false;
  /** An answer of ours goes out through everything that was put on `res` after us. */
  let ours = false;
  let closed = false;
  let flow: Flow | undefined;
  let lease: NodeJS.Timeout | undefined;
  const waiting: Waiting[] = [];
  let waitingBytes = 0;

  // whoever asks while the head is leaving must not answer a second time
  const seal = (on: boolean): void => {
    if (on) Object.defineProperty(res, 'headersSent', { value: true, configurable: true });
    else if (Object.hasOwn(res, 'headersSent')) Reflect.deleteProperty(res, 'headersSent');
  };
  const prepared = (body: HttpResponse['body']): HttpResponse => ({
    status: res.statusCode,
    headers: readHeaders(res),
    body,
  });
  const cut = (error: unknown): void => {
    report(error);
    res.destroy();
  };
  const commit = (response: HttpResponse, then: (final: HttpResponse) => void): void => {
    state = 'leaving';
    clearTimeout(lease);
    const pass = (final: HttpResponse): void => {
      seal(false);
      state = 'passing';
      // an answer that was put in the place of this one: what leaves on every exit leaves with it too
      const replaced = final.headers !== response.headers;
      then(replaced ? { ...final, headers: { ...exchange.headers, ...final.headers } } : final);
    };
    const left = passage.leave(response);
    if (left instanceof Promise) {
      seal(true);
      left.then(pass).catch(cut); // what Node refuses to write
      return;
    }
    try {
      pass(left);
    } catch (error) {
      cut(error); // thrown on, it would come back as a second answer
    }
  };

  const startFlow = (): void => {
    assertStatus(res.statusCode);
    const begun = createFlow(res.hasHeader('content-length'));
    flow = begun;
    commit(prepared(begun.body), (final) => {
      const replaced = final.body !== begun.body;
      applyHead(res, final);
      if (replaced) {
        ended = true;
        sendBody(req, res, final, inner);
      }
      if (replaced || (closed && !ended)) begun.abort();
      for (const go of waiting.splice(0)) go(replaced);
      if (waitingBytes > WAITING_LIMIT) res.emit('drain');
    });
  };
  const writeOn = (chunk: Uint8Array, callback: Callback | undefined): boolean => {
    const now = flow?.held ? flow.push(chunk) : chunk;
    if (now === chunk) return inner.write(chunk, callback);
    if (callback) queueMicrotask(callback);
    if (now) return inner.write(now);
    inner.flushHeaders(); // the chunk waits, the head need not
    return true;
  };
  const endOn = (last: string | Uint8Array | null, callback: Callback | undefined): void => {
    if (!flow?.held) {
      inner.end(last, callback);
      return;
    }
    if (last !== null && last.length > 0) writeOn(typeof last === 'string' ? Buffer.from(last) : last, undefined);
    flow.finish().then(
      (held) => {
        if (held) inner.write(held);
        inner.end(null, callback);
      },
      cut, // what should have been kept is not: no last byte
    );
  };

  const ownWriteHead = function writeHead(status: number, ...rest: unknown[]): ServerResponse {
    if (state === 'passing') inner.writeHead(status, ...rest);
    else if (state === 'open') {
      storeHead(res, status, rest);
      seal(true);
    }
    return res;
  } as typeof res.writeHead;
  res.writeHead = ownWriteHead;

  res.flushHeaders = () => {
    if (state === 'open') {
      // what was put on top of us decides at writeHead, as when Node flushes: compression compresses from here on
      if (res.writeHead !== ownWriteHead) res.writeHead(res.statusCode);
      startFlow();
    }
    if (state === 'passing') inner.flushHeaders();
    else if (!ended) waiting.push((dropped) => dropped || inner.flushHeaders());
  };

  res.write = function write(...given: unknown[]): boolean {
    const { bytes, callback } = readChunk(given);
    if (state === 'open') startFlow();
    if (ended && !(ours && !res.writableEnded)) {
      if (callback) queueMicrotask(callback);
      return true;
    }
    if (state === 'passing') return writeOn(bytes, callback);
    waiting.push((dropped) => (dropped ? callback?.() : writeOn(bytes, callback)));
    waitingBytes += bytes.byteLength;
    // false promises a 'drain', for which a compression lets its callers listen elsewhere: it comes only when there is
    // more than any compression takes at once
    return waitingBytes <= WAITING_LIMIT;
  } as typeof res.write;

  res.end = function end(...given: unknown[]): ServerResponse {
    const { body, callback } = readEnd(given);
    if (ended && !(ours && !res.writableEnded)) {
      if (callback) res.once('finish', callback);
      return res;
    }
    if (state !== 'open') {
      ended = true;
      if (state === 'passing') endOn(body, callback);
      else waiting.push((dropped) => (dropped ? callback?.() : endOn(body, callback)));
      return res;
    }
    assertStatus(res.statusCode);
    ended = true;
    commit(prepared(body), (final) => {
      applyHead(res, final);
      if (callback) res.once('finish', callback);
      if (final.body === body) endOn(body, undefined);
      else sendBody(req, res, final, inner);
    });
    return res;
  } as typeof res.end;

  const onClose = (): void => {
    closed = true;
    if (state === 'passing' && !ended) flow?.abort();
    if (state !== 'open') return;
    const abandon = (): void => commit({ status: 500, headers: {}, body: null, error: new AbandonedError() }, () => {});
    lease = setTimeout(abandon, abandonAfterMs);
    lease.unref();
  };
  if (res.closed) onClose();
  else res.once('close', onClose);

  return {
    get open() {
      return state === 'open';
    },
    answer(response) {
      if (state !== 'open') {
        if (ended) return;
        ended = true; // whatever a framework still says: this body is not whole
        flow?.abort();
        res.destroy();
        return;
      }
      ended = true;
      release();
      forgetRepresentation(res);
      for (const [name, value] of Object.entries(exchange.headers))
        if (!res.hasHeader(name)) res.setHeader(name, value);
      commit({ ...response, headers: { ...readHeaders(res), ...response.headers } }, (final) => {
        ours = true;
        applyHead(res, final);
        sendBody(req, res, final);
      });
    },
  };
}
