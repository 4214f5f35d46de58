import { describe, expect, it } from 'vitest';
import { boundedCache } from './bounded-cache.ts';

describe('boundedCache', () => {
  it('keeps what was asked for last, and makes the rest again', () => {
    const cache = boundedCache<string>(3);
    const made: string[] = [];
    const ask = (name: string): string =>
      cache.of(name, () => {
        made.push(name);
        return name.toUpperCase();
      });
    for (const name of ['a', 'b', 'c', 'd', 'a', 'e']) expect(ask(name)).toBe(name.toUpperCase());
    expect(made).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const name of ['f', 'g', 'h', 'i', 'a']) ask(name);
    expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'a']);
  });

  it('a value that takes another’s place counts as one more: what they hold of each other is bounded as well', () => {
    const cache = boundedCache<{ readonly next: unknown }>(100);
    cache.keep('quiet', { next: undefined });
    for (let i = 0; i < 200; i++) cache.keep('busy', { next: cache.find('busy') });
    expect(cache.find('busy')).toBeDefined();
    expect(cache.find('quiet')).toBeUndefined();
  });

  it('a name that is too long to be anybody’s usual one is not kept', () => {
    const cache = boundedCache<string>(3);
    cache.keep('x'.repeat(10_000), 'long');
    expect(cache.find('x'.repeat(10_000))).toBeUndefined();
  });
});
