import type { Endpoint, EndpointCall } from './endpoint.ts';
import type { CompiledPolicy, EndpointMatch } from './entry.ts';
import type { Exchange, HttpResponse, RequestBody } from './exchange.ts';
import { openPassage, type ToProblem } from './passage.ts';
import { Problem } from './problem.ts';
import { assertSendable } from './sendable-headers.ts';

/** What {@link createEndpointServer} is made of. */
export interface EndpointServerOptions {
  /** The guards of an endpoint. Asked at each call: keep what was compiled. */
  readonly policyOf: (endpoint: Endpoint) => CompiledPolicy;
  readonly problem: ToProblem;
}

/** Serves a mounted endpoint whole. Never rejects. */
export type EndpointServer = (
  match: EndpointMatch,
  exchange: Exchange,
  readBody: () => Promise<RequestBody>,
) => Promise<HttpResponse>;

const NO_BODY: RequestBody = { value: undefined, raw: undefined };

/** Makes the function that takes a call through its guards, reads its body, lets it be handled, and unwinds. */
export function createEndpointServer({ policyOf, problem }: EndpointServerOptions): EndpointServer {
  return async (match, exchange, readBody) => {
    if ('allow' in match)
      return problem(new Problem('method_not_allowed', { headers: { allow: match.allow.join(', ') } }), exchange);
    const { endpoint, params } = match;
    const passage = openPassage(policyOf(endpoint), exchange, problem);
    const answer = async (): Promise<HttpResponse> => {
      const refused = await passage.head();
      if (refused) return refused;
      const body = endpoint.body ? await readBody() : NO_BODY;
      const refusedByBody = passage.wantsBody ? await passage.body(body) : undefined;
      return refusedByBody ?? endpoint.handle(callOf(exchange, body, params));
    };
    let response: HttpResponse;
    try {
      response = await answer();
      assertSendable(response.headers); // while it can still be told
    } catch (error) {
      response = problem(error, exchange);
    }
    return passage.leave(response);
  };
}

function callOf(exchange: Exchange, body: RequestBody, params: Readonly<Record<string, string>>): EndpointCall {
  const { request, context, headers } = exchange;
  const at = request.target.indexOf('?');
  return {
    request,
    context,
    headers,
    body,
    params,
    query: new URLSearchParams(at < 0 ? '' : request.target.slice(at)),
  };
}
