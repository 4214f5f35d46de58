import { describe, expect, it } from 'vitest';
import type { ProxyTrust } from './framework.ts';
import { createTrustCheck } from './proxy-trust.ts';

const forwarded = { 'x-forwarded-for': '198.51.100.1' };
function scene(trust: ProxyTrust, name?: string) {
  let asked = 0;
  const warnings: string[] = [];
  const check = createTrustCheck(
    {
      trust: () => {
        asked++;
        return trust;
      },
      forwardedField: () => name,
    },
    (message) => warnings.push(message),
  );
  return { check, warnings, asked: () => asked };
}

describe('whom a framework believes about X-Forwarded-For', () => {
  it('is asked once', () => {
    const { check, asked, warnings } = scene('some');
    for (let request = 0; request < 3; request++) check({}, forwarded);
    expect([asked(), warnings]).toEqual([1, []]);
  });
  it('nobody: told once, as every caller then has the address of the proxy', () => {
    const { check, warnings } = scene('nobody');
    for (let request = 0; request < 3; request++) check({}, forwarded);
    expect(warnings).toEqual([expect.stringContaining('docs/behind-a-proxy.md')]);
  });
  it('everybody: refused at each request, as every caller then has whatever address it likes', () => {
    const { check } = scene('everybody');
    for (let request = 0; request < 3; request++) expect(() => check({}, forwarded)).toThrow(TypeError);
  });
  it('is about the field that the framework reads', () => {
    const { check } = scene('everybody', 'X-Real-IP');
    check({}, forwarded);
    expect(() => check({}, { 'x-real-ip': '198.51.100.1' })).toThrow(/X-Real-IP/);
  });
});
