/**
 * Exchange, guards, passage, problems and mounted endpoints, for every framework the same.
 * @packageDocumentation
 */
export { AbandonedError } from './abandoned.ts';
export { callerNetwork, canonicalAddress, maskAddress } from './address.ts';
export { bodyGuard, POLICY_BODIES } from './body-guard.ts';
export { bodyOf, withBody } from './body-of.ts';
export { checkedGuard } from './checked-guard.ts';
export * from './endpoint.ts';
export { type EndpointTable, endpointTable, endpointTables } from './endpoint-table.ts';
export * from './entry.ts';
export * from './exchange.ts';
export * from './guard.ts';
export { type HttpProblemCode, httpProblems } from './http-problems.ts';
export { emptyResponse, jsonResponse } from './json-response.ts';
export { type LingerOptions, lingerBeforeEnd } from './linger.ts';
export { notImplemented } from './not-implemented.ts';
export { originOf } from './origin-of.ts';
export { type BodyKind, bodyKind, parseBody } from './parse-body.ts';
export { composeGuards, openPassage, type ToProblem } from './passage.ts';
export * from './problem.ts';
export { mergeProblems } from './problem-catalogue.ts';
export { createProblemResponse, type ProblemResponseOptions } from './problem-response.ts';
export { announcesBody, BODY_LIMIT, readBody } from './read-body.ts';
export { type ExchangeFactoryOptions, exchangeFactory, givenRequestId } from './request-id.ts';
export { type Carrier, principalOf, rawOf, type Seat, seatOf, seatOfRaw, takeSeat, withPrincipal } from './seat.ts';
export { createEndpointServer, type EndpointServer, type EndpointServerOptions } from './serve-endpoint.ts';
export * from './standard-schema.ts';
export { validateBody, validateQuery } from './validate.ts';
