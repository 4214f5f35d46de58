import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Origin, toBase64url, uuidv7Generator } from '../kernel/index.ts';
import { type Audit, createAudit } from './audit.ts';
import type { AuditEntry } from './audit-store.ts';
import { createAppRegistry, libraryActions } from './library-actions.ts';
import { safeOrigin } from './safe-origin.ts';

const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
const base64 = (array: Uint8Array) => Buffer.from(array).toString('base64').replaceAll('=', '');

const refreshToken = bytes(70).map((token) => `cst_rt_${toBase64url(token)}`);
const accessToken = fc
  .tuple(fc.constantFrom('EdDSA', 'ES256', 'RS256', 'HS256'), fc.uuid(), bytes(32, 64))
  .map(([alg, sub, signature]) =>
    [Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: '1' })), Buffer.from(JSON.stringify({ sub })), signature]
      .map(toBase64url)
      .join('.'),
  );
const phc = fc
  .tuple(bytes(16), bytes(32))
  .map(([salt, hash]) => `$argon2id$v=19$m=19456,t=2,p=1$${base64(salt)}$${base64(hash)}`);
const bcrypt = bytes(39).map((hash) => `$2b$12$${base64(hash).slice(0, 53)}`);
const credential = fc.oneof(refreshToken, accessToken, phc, bcrypt);
const password = fc.string({ minLength: 12, maxLength: 128 });

/** Text around a secret, and things that a sender may put into it. */
const around = fc.string({ maxLength: 600 });
const broken = fc.constantFrom('', '\0', '\u0007', '\u202e', '\n', '\ud800');

/** The longest piece of a secret that may show: too short to be of use, long enough to be no accident. */
const PIECE = 20;
function showsPiece(text: string, secret: string): boolean {
  for (let at = 0; at + PIECE <= secret.length; at++) if (text.includes(secret.slice(at, at + PIECE))) return true;
  return false;
}

/** What a ledger has written, whatever it was told. */
async function written(tell: (audit: Audit) => Promise<void>): Promise<string> {
  const entries: AuditEntry[] = [];
  const store = {
    async append(more: readonly AuditEntry[]) {
      entries.push(...more);
    },
    query: async () => ({ events: [], next: null }),
  };
  const audit = createAudit({ store, makeId: uuidv7Generator(), registry: createAppRegistry() });
  await tell(audit).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
    entries.push({ refused: error.message } as unknown as AuditEntry);
  });
  expect(entries).toHaveLength(1);
  return JSON.stringify(entries);
}

const actions = Object.keys(libraryActions) as (keyof typeof libraryActions)[];
const origin: Origin = { ip: null, userAgent: null, requestId: null };

describe('no secret gets into an entry', () => {
  it('as a token or a hash anywhere in the origin, also broken up, surrounded or cut', async () => {
    const field = fc.constantFrom('ip', 'userAgent', 'requestId');
    await fc.assert(
      fc.asyncProperty(
        credential,
        field,
        around,
        broken,
        fc.nat(200),
        around,
        async (secret, name, before, gap, at, after) => {
          const smuggled = `${before} ${secret.slice(0, at)}${gap}${secret.slice(at)} ${after}`;
          const entry = await written((audit) =>
            audit.record({
              tenant: '',
              action: 'user.update',
              actor: null,
              outcome: 'success',
              origin: { ...origin, [name]: smuggled },
            }),
          );
          expect(showsPiece(entry, secret)).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('as a token, a hash or a password anywhere in meta or as the name of a member', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(credential, password),
        fc.constantFrom(...actions),
        fc.constantFrom('reason', 'result', 'generation', 'password', 'itself'),
        async (secret, action, member) => {
          const meta = { [member === 'itself' ? secret : member]: secret };
          const entry = await written((audit) =>
            audit.record({ tenant: '', action, actor: null, outcome: 'failure', origin, meta: meta as never }),
          );
          expect(entry).toContain('refused');
          expect(entry).not.toContain(JSON.stringify(secret).slice(1, -1));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('as a token or a hash in the place of a target', async () => {
    await fc.assert(
      fc.asyncProperty(credential, fc.constantFrom(...actions), async (target, action) => {
        const entry = await written((audit) =>
          audit.record({ tenant: '', action, actor: null, target, outcome: 'success', origin }),
        );
        expect(entry).toContain('refused');
        expect(showsPiece(entry, target)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('in a stamp either: stores write its origin as it is', () => {
    fc.assert(
      fc.property(credential, around, (secret, before) => {
        const { userAgent } = safeOrigin({ ...origin, userAgent: `${before}${secret}` });
        expect(showsPiece(userAgent ?? '', secret)).toBe(false);
      }),
    );
  });
});

describe('an origin', () => {
  it('that is ordinary stays as it is', () => {
    const ordinary: Origin = {
      ip: '2001:db8::1',
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      requestId: '018f3a5c-7b1e-7c3d-8a4f-0123456789ab',
    };
    expect(safeOrigin(ordinary)).toEqual(ordinary);
  });

  it('loses control characters, direction marks and half characters, and is cut', () => {
    const userAgent = `a\r\nb\u001b[31m\u202ec\ud800${'é'.repeat(600)}`;
    expect(safeOrigin({ ...origin, userAgent }).userAgent).toBe(`ab[31mc${'é'.repeat(505)}`);
    expect(safeOrigin({ ...origin, requestId: 'r'.repeat(1000) }).requestId).toHaveLength(128);
    expect(safeOrigin({ ...origin, userAgent: `${'a'.repeat(511)}😀` }).userAgent).toBe('a'.repeat(511));
  });

  it('has an address that is one, without its zone, or none', () => {
    const ipOf = (ip: string) => safeOrigin({ ...origin, ip }).ip;
    for (const ip of ['', 'unknown', '1.2.3.4, 5.6.7.8', '<script>', '1.2.3', '1:2', '256.1.1.1'])
      expect(ipOf(ip)).toBeNull();
    for (const ip of ['192.0.2.1', '::1', '::ffff:192.0.2.1']) expect(ipOf(ip)).toBe(ip);
    expect(ipOf('fe80::1%eth0')).toBe('fe80::1');
  });
});
