import type { IncomingHttpHeaders } from 'node:http';
import { cookieValue, setCookie } from './browser/index.ts';
import { equalBytes, fromBase64url, type RandomBytes, toBase64url } from './kernel/index.ts';
import { type LimitMac, partitionText } from './limits/index.ts';

/** Recognises devices that have signed in to an account before, by a cookie that only this server can write. */
export interface LoginDevices {
  /**
   * The device's name, when somebody has signed in to this account on it.
   * @param account a partition
   */
  known(headers: IncomingHttpHeaders, account: string): string | undefined;
  /** A `Set-Cookie` field that remembers a sign-in to this account. */
  remember(headers: IncomingHttpHeaders, account: string): string;
}

/** What {@link createLoginDevices} is made of. */
export interface LoginDevicesParts {
  readonly mac: LimitMac;
  readonly random: RandomBytes;
  /** Plain http: without `Secure` and without a prefix. */
  readonly insecure: boolean;
}

const MAC_BYTES = 16;
const NAME_BYTES = 16;
/** Accounts that one device remembers; the one signed in to longest ago goes first. */
const ACCOUNTS = 4;
const LIFE_SECONDS = 180 * 86_400;

/**
 * Makes them. The cookie holds a random name of the device and a MAC for each account: it shows no address of mail, and
 * one device's cookie says nothing of another account. Who steals it wins a budget of guesses of its own, no more.
 */
export function createLoginDevices({ mac, random, insecure }: LoginDevicesParts): LoginDevices {
  const cookie = insecure ? 'castellan-device' : '__Host-castellan-device';
  const macOf = (device: string, account: string): Uint8Array =>
    mac(Buffer.from(partitionText('device', device, account))).subarray(0, MAC_BYTES);
  const read = (
    headers: IncomingHttpHeaders,
  ): { readonly device: string; readonly macs: readonly string[] } | undefined => {
    const [device = '', ...macs] = cookieValue(headers.cookie, cookie)?.split('.') ?? [];
    return fromBase64url(device)?.byteLength === NAME_BYTES ? { device, macs: macs.slice(0, ACCOUNTS) } : undefined;
  };
  return {
    known(headers, account) {
      const found = read(headers);
      if (!found) return undefined;
      const expected = macOf(found.device, account);
      const matches = found.macs.some((text) => equalBytes(fromBase64url(text) ?? new Uint8Array(), expected));
      return matches ? found.device : undefined;
    },
    remember(headers, account) {
      const { device, macs } = read(headers) ?? { device: toBase64url(random(NAME_BYTES)), macs: [] };
      const own = toBase64url(macOf(device, account));
      const value = [device, own, ...macs.filter((text) => text !== own)].slice(0, ACCOUNTS + 1).join('.');
      return setCookie(cookie, value, { secure: !insecure, sameSite: 'Strict', maxAgeSeconds: LIFE_SECONDS });
    },
  };
}
