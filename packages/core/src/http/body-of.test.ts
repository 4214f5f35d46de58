import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bodyGuard } from './body-guard.ts';
import { bodyOf, withBody } from './body-of.ts';
import { principalOf, seatForTest, withPrincipal } from './seat.ts';

const Order = z.strictObject({ total: z.int() });
const Same = z.strictObject({ total: z.int() });

function request(): IncomingMessage {
  const raw = new IncomingMessage(new Socket());
  raw.method = 'POST';
  raw.url = '/orders?token=secret';
  return raw;
}

describe('bodyOf', () => {
  test('gives the validated body of every carrier of one request', async () => {
    const raw = request();
    const { request: view, context, headers } = seatForTest(raw);
    await bodyGuard(Order)({ request: view, context, headers, body: { value: { total: 3 }, raw: undefined } });
    for (const carrier of [raw, { raw }, { req: raw }]) expect(bodyOf(carrier, Order)).toEqual({ total: 3 });
  });
  test('of two guards, each with its own schema, gives each its own', () => {
    const raw = withBody(withBody(request(), Order, { total: 3 }), Same, { total: 4 });
    expect(bodyOf(raw, Order)).toEqual({ total: 3 });
    expect(bodyOf(raw, Same)).toEqual({ total: 4 });
  });
  test('is a TypeError for a schema that only looks the same, and names the request without its query', () => {
    for (const raw of [request(), withBody(request(), Order, { total: 3 })]) {
      expect(() => bodyOf(raw, Same)).toThrow(TypeError);
      expect(() => bodyOf(raw, Same)).toThrow(/^bodyOf: POST \/orders was not validated/);
      expect(() => bodyOf(seatForTest(raw), Same)).toThrow(/^bodyOf: POST \/orders was not validated/);
    }
  });
  test('of a body that is nothing gives nothing, and does not complain', () => {
    const Nothing = z.undefined();
    expect(bodyOf(withBody(request(), Nothing, undefined), Nothing)).toBeUndefined();
  });
  test('withBody and withPrincipal seat one request together, in any order', () => {
    const one = withBody(withPrincipal(request(), { subject: 'ada' }), Order, { total: 3 });
    const other = withPrincipal(withBody(request(), Order, { total: 3 }), { subject: 'ada' });
    for (const raw of [one, other]) {
      expect(bodyOf(raw, Order)).toEqual({ total: 3 });
      expect(principalOf(raw).subject).toBe('ada');
    }
  });
});
