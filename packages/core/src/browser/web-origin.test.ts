import { expect, it } from 'vitest';
import { isExposed, originOfUrl, webOrigin } from './web-origin.ts';

it.each([
  ['https://app.example.com', 'https://app.example.com'],
  ['https://app.example.com/', 'https://app.example.com'],
  ['HTTPS://App.Example.com:443', 'https://app.example.com'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['http://[::1]:3000', 'http://[::1]:3000'],
])('%s is the origin %s', (text, origin) => {
  expect(webOrigin(text, 'origins[0]')).toBe(origin);
});

it.each([
  '',
  '*',
  'null',
  'app.example.com',
  'https://a.example/path',
  'https://a.example?x',
  'https://a.example#',
  'https://u:p@a.example',
  'https://*.example.com',
  'ftp://a.example',
  'https://a.example,https://b.example',
  ' https://a.example',
  undefined,
  null,
])('%j is none, and the option is named', (text) => {
  expect(() => webOrigin(text as string, 'origins[0]')).toThrow(TypeError);
  expect(() => webOrigin(text as string, 'origins[0]')).toThrow('origins[0]');
});

it('the origin of a URL with a path; of anything else there is none', () => {
  expect(originOfUrl('https://a.example:8443/auth?x')).toBe('https://a.example:8443');
  expect(['castellan', 'urn:x:y', 'about:blank', ''].map(originOfUrl)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it('plain http is exposed, but for this machine', () => {
  expect(
    ['http://a.example', 'http://10.0.0.1', 'http://localhost.evil.example', 'http://127.evil.example'].every(
      isExposed,
    ),
  ).toBe(true);
  expect(
    [
      'https://a.example',
      'http://localhost:3000',
      'http://app.localhost',
      'http://127.0.0.1',
      'http://127.9.9.9:1',
      'http://[::1]:3000',
    ].some(isExposed),
  ).toBe(false);
});
