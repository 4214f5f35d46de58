import http from 'node:http';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type Castellan, createCastellan, memoryStores, type Policy, StoreUnavailableError } from '@castellan/core';
import type { AuditEntry } from '@castellan/core/audit';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { type ManualClock, manualClock } from '@castellan/testkit';

/** Names of the app whose exchanges are compared. */
export interface ParityShape {
  readonly tier: 'free' | 'pro';
  readonly action: 'probe.run';
  readonly actions: { readonly 'probe.run': { readonly meta: { readonly status: 'integer' } } };
  readonly tx: unknown;
}

export type ParityPolicy = Policy<ParityShape>;

/** Access tokens that every app of the comparison has. */
export interface Tokens {
  /** ada: tier pro, scope probe:read. */
  readonly good: string;
  /** bob: tier free, no scope. */
  readonly low: string;
  readonly expired: string;
  readonly revoked: string;
  readonly stale: string;
  /** Well-formed, signed by somebody else. */
  readonly forged: string;
}

/** One composed library, and what is seen of it. */
export interface ParityCastellan {
  readonly castellan: Castellan<ParityShape>;
  readonly clock: ManualClock;
  readonly lines: readonly LogLine[];
  /** Audit rows of the app's own action, in the order in which they were written. */
  readonly rows: readonly AuditEntry[];
  /** True: the store of sessions answers nothing. */
  readonly outage: { on: boolean };
  makeTokens(): Promise<Tokens>;
}

/** A log line, but for its time. */
export type LogLine = Readonly<Record<string, unknown>>;

const ISSUER = 'https://api.example.com';
const [keys, strangers, peppers] = [await generateKeys(), await generateKeys(), generatePepper()];

/** What a variant's library has besides. */
export interface CastellanVariant {
  /** Cookies, CORS, security headers, hosts. */
  readonly browser?: boolean;
  /** Limits, as they are by default. Without them a clock that stands still would refuse every sign-in after a while. */
  readonly limited?: boolean;
}

/** Composes one. All have the same keys and a clock that stands still. */
export function parityCastellan({ browser = false, limited = false }: CastellanVariant): ParityCastellan {
  const clock = manualClock();
  const lines: LogLine[] = [];
  const rows: AuditEntry[] = [];
  const outage = { on: false };
  const { accounts, ...stores } = memoryStores({ clock });
  const compose = (by: typeof keys): Castellan<ParityShape> =>
    createCastellan({
      issuer: ISSUER,
      keys: by,
      peppers,
      clock,
      stores: {
        ...stores,
        accounts,
        audit: {
          query: (query) => stores.audit.query(query),
          async append(entries) {
            await turn(); // as a store that is a network away
            await stores.audit.append(entries);
            rows.push(...entries);
          },
        },
        revocations: {
          ...stores.revocations,
          check: (question) =>
            outage.on
              ? Promise.reject(new StoreUnavailableError('memory', 'away'))
              : stores.revocations.check(question),
        },
      },
      tiers: { free: { rank: 0 }, pro: { rank: 1 } },
      audit: { actions: { 'probe.run': { meta: { status: 'integer' } } } },
      accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
      scopesOf: ({ subject }) => (subject === 'ada' ? ['probe:read'] : []),
      problems: { own: { conflict: { status: 409, title: 'Somebody was faster' } } },
      logger: {
        info: (fields) => void lines.push(fields),
        warn: () => {},
        error: (fields, message) => void (message === 'request' && lines.push(fields)),
      },
      ...(!limited && { limits: false }),
      ...(browser && {
        cookies: true,
        origins: ['https://app.example.com'],
        securityHeaders: { profile: 'prod', reportTo: '/auth/csp-report' } as const,
        hosts: { 'admin.example.com': ['/admin'], 'api.example.com': ['/'] },
      }),
    });
  const castellan = compose(keys);
  const start = async (from: Castellan<ParityShape>, subject: string): Promise<string> => {
    const request = new http.IncomingMessage(new net.Socket());
    const { body } = await from.sessions.start({ subject, from: request });
    return (body as { readonly access_token: string }).access_token;
  };
  return {
    castellan,
    clock,
    lines,
    rows,
    outage,
    async makeTokens() {
      const { subjects } = castellan;
      for (const [id, tier] of Object.entries({ ada: 'pro', bob: 'free', cy: 'free', di: 'free', ed: 'free' }))
        await subjects.put({ id, tier });
      const expired = await start(castellan, 'ed');
      clock.advance('16m');
      const other = compose(strangers);
      await other.start();
      const forged = await start(other, 'ed');
      await other.stop();
      const [good, low, revoked, stale] = [
        await start(castellan, 'ada'),
        await start(castellan, 'bob'),
        await start(castellan, 'cy'),
        await start(castellan, 'di'),
      ];
      await subjects.endAll('cy');
      await subjects.setTier('di', 'pro');
      return { good, low, expired, revoked, stale, forged };
    },
  };
}
