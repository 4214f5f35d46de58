import type { Exchange, HttpResponse } from './http/index.ts';
import { type Charge, type LimitPolicy, type Limits, partitionText } from './limits/index.ts';
import type { LoginDevices } from './login-device.ts';

/** Remembers from where people have signed in to an account. */
export interface SignInMemory {
  /** The device's name, when somebody has signed in to this account on it. */
  deviceOf(exchange: Exchange, account: string): string | undefined;
  /** For how long the address is still known to have signed in to this account, ms. 0: it is not. */
  knownMs(account: string, address: string): Promise<number>;
  /**
   * Remembers a sign-in: its address, and its device in the answer. Never rejects.
   * @param knownMs what was known of the address before
   */
  remember(exchange: Exchange, response: HttpResponse, who: RememberedSignIn): Promise<HttpResponse>;
}

/** Who has signed in. */
export interface RememberedSignIn {
  /** A partition. */
  readonly account: string;
  readonly address: string;
  /** What was known of the address before; `undefined`: addresses are not remembered. */
  readonly knownMs: number | undefined;
}

/** What {@link createSignInMemory} is made of. */
export interface SignInMemoryParts {
  readonly limits: Limits;
  readonly devices: LoginDevices | undefined;
  /** True: the device of every sign-in is remembered. False: only where the answer leaves cookies anyway. */
  readonly rememberAll: boolean;
}

/** More marks than a sub-window each can be: what is marked is never full, and may make room for others in memory. */
const MARKS = 1000;
const MONTH_MS = 30 * 86_400_000;

/** Marks rather than a limit: permits are taken at sign-ins, and what is not back yet says that there was one. */
const KNOWN: LimitPolicy = {
  name: 'login-known',
  shared: true,
  rule: { kind: 'window', limit: MARKS, windowUs: MONTH_MS * 1000 },
  by: 'email',
  cost: 1,
  manner: { exact: true, onStoreFailure: 'local' },
};

/** Makes it. */
export function createSignInMemory({ limits, devices, rememberAll }: SignInMemoryParts): SignInMemory {
  const known = limits.bucketsOf(KNOWN, '');
  const markOf = (account: string, address: string, cost: number): Charge => ({
    policy: KNOWN,
    bucket: known.bucket(partitionText('known', account, address), cost),
  });
  async function mark(account: string, address: string): Promise<void> {
    await limits.ask([markOf(account, address, 1)]);
  }
  return {
    deviceOf: ({ request }, account) => devices?.known(request.headers, account),
    async knownMs(account, address) {
      const { buckets } = await limits.ask([markOf(account, address, 0)]);
      // not by what remains: while the store is away that is a share only
      return buckets[0]?.resetMs ?? 0;
    },
    async remember({ request }, response, { account, address, knownMs }) {
      // a month from the last sign-in, not from the first
      if (knownMs !== undefined && knownMs < MONTH_MS) await Promise.allSettled([mark(account, address)]);
      const remembers = rememberAll || response.headers['set-cookie'] !== undefined;
      if (!devices || !remembers) return response;
      return { ...response, headers: withCookie(response.headers, devices.remember(request.headers, account)) };
    },
  };
}

function withCookie(headers: HttpResponse['headers'], cookie: string): HttpResponse['headers'] {
  const before = headers['set-cookie'] ?? [];
  return { ...headers, 'set-cookie': [...(typeof before === 'string' ? [before] : before), cookie] };
}
