import type { Exchange, Headers, HttpResponse } from './exchange.ts';
import type { After, Guard, Verdict } from './guard.ts';
import { assertSendable } from './sendable-headers.ts';

/**
 * A guard of the app's, whose mistakes are found while there still is somebody to tell: a header that can't be written
 * would fail when the answer leaves, and the answer to that failure, too.
 */
export function checkedGuard(guard: Guard): Guard {
  return (exchange) => {
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = guard(exchange);
    } catch (error) {
      dropUnsendable(exchange.headers);
      throw error;
    }
    if (!(verdict instanceof Promise)) return checked(exchange, verdict);
    return verdict.then(
      (late) => checked(exchange, late),
      (error: unknown) => {
        dropUnsendable(exchange.headers);
        throw error;
      },
    );
  };
}

function checked({ headers }: Exchange, verdict: Verdict): Verdict {
  const refused = dropUnsendable(headers);
  if (refused) throw refused;
  if (typeof verdict === 'function') return checkedAfter(verdict);
  return verdict && sendable(verdict);
}

function checkedAfter(after: After): After {
  return (response) => {
    const last = after(response);
    return last instanceof Promise ? last.then(sendable) : sendable(last);
  };
}

/** An untyped `after` that only looked has nothing to check. */
function sendable<R extends HttpResponse | undefined>(response: R): R {
  if (response) assertSendable(response.headers);
  return response;
}

/** Takes off what can't be written, so that the problem which says so can be. */
function dropUnsendable(headers: Headers): unknown {
  let refused: unknown;
  for (const [name, value] of Object.entries(headers))
    try {
      assertSendable({ [name]: value });
    } catch (error) {
      refused = error;
      delete headers[name];
    }
  return refused;
}
