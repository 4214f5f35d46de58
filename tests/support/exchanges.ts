import type { Exchange, HttpRequest, HttpResponse } from '@castellan/core/http';

/** A request as tests of the core need it. */
export function testRequest(request: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    target: '/',
    route: undefined,
    headers: {},
    ip: '192.0.2.1',
    arrivedAt: 0,
    gone: false,
    ...request,
  };
}

/** An exchange that has just begun. */
export function testExchange(request: Partial<HttpRequest> = {}): Exchange {
  return { request: testRequest(request), context: { requestId: 'request-1', tenant: '' }, headers: {} };
}

/** A plain answer. */
export function testResponse(response: Partial<HttpResponse> = {}): HttpResponse {
  return { status: 200, headers: {}, body: null, ...response };
}
