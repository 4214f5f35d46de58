import { expect, test } from 'vitest';
import type { Principal } from '../http/index.ts';
import { createLimitKeys, partitionText, principalText } from './limit-keys.ts';

const rule = { kind: 'window', limit: 60, windowUs: 60_000_000 } as const;

test('a limit that many routes share is kept at hand once: its callers take no more memory for more routes', () => {
  let macs = 0;
  const keys = createLimitKeys((...parts) => {
    macs++;
    return new Uint8Array(32).fill(parts[0]?.length ?? 0);
  });
  const caller = partitionText('subject', '', 'ada');
  const first = keys.of({ name: 'api', rule }, '').bucket(caller, 1);
  const before = macs;
  expect(keys.of({ name: 'api', rule }, '').bucket(caller, 1)).toBe(first);
  expect(macs - before).toBe(1); // of the limit: the caller's is at hand
});

test('a principal has one budget, whatever object says who it is, and at any cost', () => {
  const { bucket, ofPrincipal } = createLimitKeys(() => new Uint8Array(32)).of({ name: 'api', rule }, '');
  const ada = (): Principal => ({
    subject: 'ada',
    tenant: '',
    sessionId: 's',
    scopes: new Set(),
    tier: '',
    claims: {},
  });
  const principal = ada();
  const first = ofPrincipal(principal, 1);
  expect(ofPrincipal(principal, 1)).toBe(first);
  expect(ofPrincipal(ada(), 1)).toBe(first);
  expect(bucket(principalText(principal), 1)).toBe(first);
  expect(ofPrincipal(principal, 3)).toEqual({ ...first, cost: 3 });
});

test('another rule, name or scope is another budget', () => {
  let n = 0;
  const known = new Map<string, number>();
  const keys = createLimitKeys((text) => {
    const given = Buffer.from(text ?? []).toString();
    known.set(given, known.get(given) ?? ++n);
    return new Uint8Array(32).fill(known.get(given) ?? 0);
  });
  const of = (name: string, scope: string, limit: number): string =>
    keys.of({ name, rule: { ...rule, limit } }, scope).bucket('ada', 1).key;
  const all = [of('api', '', 60), of('other', '', 60), of('api', 'GET /a', 60), of('api', '', 61)];
  expect(new Set(all).size).toBe(4);
  expect(of('api', '', 60)).toBe(all[0]);
});
