import { toBase64url } from '../kernel/index.ts';
import type { SigningKey } from './signing-key.ts';

/** RFC 9068 section 2.1: no other token of ours can be taken for an access token. */
const ACCESS_TOKEN_TYPE = 'at+jwt';

const utf8 = new TextEncoder();

/**
 * Every first part that a token of this key may have: `alg`, `typ` and `kid` in any order and nothing else, `typ` with
 * or without `application/` (RFC 9068 section 4). Headers are looked up among these, never parsed: no `crit`, `b64`,
 * `jwk` or `jku` can be read, since none is ever looked at (RFC 8725 sections 3.1 and 3.10). The first is that of every
 * token which the key signs.
 */
export function headerParts({ alg, kid }: Pick<SigningKey, 'alg' | 'kid'>): readonly [string, ...string[]] {
  return [ACCESS_TOKEN_TYPE, `application/${ACCESS_TOKEN_TYPE}`].flatMap((type) => {
    const members = { alg, typ: type, kid };
    const orders = [
      ['alg', 'typ', 'kid'],
      ['alg', 'kid', 'typ'],
      ['typ', 'alg', 'kid'],
      ['typ', 'kid', 'alg'],
      ['kid', 'alg', 'typ'],
      ['kid', 'typ', 'alg'],
    ] as const;
    return orders.map((order) => {
      const header = Object.fromEntries(order.map((name) => [name, members[name]]));
      return toBase64url(utf8.encode(JSON.stringify(header)));
    });
  }) as [string, ...string[]];
}
