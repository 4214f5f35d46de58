import { Readable } from 'node:stream';
import { Problem } from '@castellan/core/http';
import type { HandlerName } from './route-handlers.ts';

/** Where a case and the handlers of its app meet: what handlers answer with, and who waits for whom. */
export interface Stage {
  /** Every handler calls it first. */
  entered(handler: HandlerName): void;
  /** Resolves when the case says so. */
  go(): Promise<void>;
  /** Not all of it is ASCII. */
  readonly text: string;
  /** More than 1 MB of text, no two lines alike. */
  readonly largeText: string;
  /** `abc`, `def`, `ghi`. */
  source(): Readable;
  /** `stage.largeText` in pieces of 16 KiB. */
  largeSource(): Readable;
  /** `abc`, then it waits for `go()`, then it fails. */
  halfSource(): Readable;
  /** Fails at once. */
  failedSource(): Readable;
  /** A 409 of the cases' catalogue. */
  problem(): Problem;
  /** An error whose message no caller may see. */
  error(): Error;
}

/** A stage as its case sees it. */
export interface Director extends Stage {
  /** Handlers that ran, in order. */
  readonly ran: readonly HandlerName[];
  /** Resolves when this many handlers ran. */
  untilRan(count: number): Promise<void>;
  /** Lets one `go()` go, this one or the next. */
  release(): void;
}

/** What no answer may say. */
export const SECRET = 'secret-of-the-inside';

const LARGE = Array.from({ length: 60_000 }, (_, at) => `line ${at} of the large text\n`).join('');

/** Makes the stage of one app. */
export function createStage(): Director {
  const ran: HandlerName[] = [];
  const watchers: { readonly count: number; readonly tell: () => void }[] = [];
  const waiting: (() => void)[] = [];
  let permits = 0;
  const error = (): Error => new Error(SECRET);
  const go = (): Promise<void> =>
    new Promise((resolve) => {
      if (permits > 0) {
        permits--;
        resolve();
      } else waiting.push(resolve);
    });
  async function* half(): AsyncGenerator<Buffer> {
    yield Buffer.from('abc');
    await go();
    throw error();
  }
  return {
    ran,
    text: 'hällo',
    largeText: LARGE,
    problem: () => new Problem('conflict', { detail: 'Somebody was faster.' }),
    error,
    entered(handler) {
      ran.push(handler);
      for (const { count, tell } of watchers) if (ran.length >= count) tell();
    },
    untilRan: (count) =>
      new Promise((tell) => {
        watchers.push({ count, tell });
        if (ran.length >= count) tell();
      }),
    go,
    release() {
      const next = waiting.shift();
      if (next) next();
      else permits++;
    },
    source: () => Readable.from([Buffer.from('abc'), Buffer.from('def'), Buffer.from('ghi')]),
    largeSource() {
      const bytes = Buffer.from(LARGE);
      const count = Math.ceil(bytes.length / 16_384);
      return Readable.from(Array.from({ length: count }, (_, at) => bytes.subarray(at * 16_384, (at + 1) * 16_384)));
    },
    halfSource: () => Readable.from(half(), { highWaterMark: 1 }),
    failedSource() {
      return new Readable({
        read() {
          this.destroy(error());
        },
      });
    },
  };
}
