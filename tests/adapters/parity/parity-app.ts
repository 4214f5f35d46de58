import { setTimeout } from 'node:timers/promises';
import type { AuditEntry } from '@castellan/core/audit';
import type { HttpRequest } from '@castellan/core/http';
import type { AdapterHarness, AppPlan, ListeningApp, ManualClock } from '@castellan/testkit';
import { createStage, type Director } from '../../../packages/testkit/src/adapter-cases/stage.ts';
import type { Answer } from '../../../packages/testkit/src/adapter-cases/wire/answer.ts';
import { type Line, openLine } from '../../../packages/testkit/src/adapter-cases/wire/line.ts';
import type { WireRequest } from '../../../packages/testkit/src/adapter-cases/wire/request-bytes.ts';
import {
  type CastellanVariant,
  type LogLine,
  type ParityCastellan,
  type ParityPolicy,
  parityCastellan,
  type Tokens,
} from './parity-castellan.ts';
import { parityRoutes } from './parity-routes.ts';

/** Kinds of app, each compared on its own. */
export const variants = {
  plain: {},
  proxied: { trustProxy: true },
  dual: { host: '::' },
  loose: { looseRouting: true },
  parsed: { parsed: true },
  'compressed outside': { compression: 'outside' },
  'compressed inside': { compression: 'inside' },
  browser: { browser: true },
  limited: { limited: true },
} as const satisfies Readonly<
  Record<
    string,
    Partial<Pick<AppPlan<ParityPolicy>, 'trustProxy' | 'host' | 'looseRouting' | 'parsed' | 'compression'>> &
      CastellanVariant
  >
>;

export type Variant = keyof typeof variants;

/** A request by one of the app's callers. */
export interface ParityRequest extends WireRequest {
  /** Whose access token goes along. */
  readonly as?: keyof Tokens;
}

/** An app of one framework, and the exchanges' end of the wire. */
export interface ParityApp {
  readonly stage: Director;
  readonly tokens: Tokens;
  readonly clock: ManualClock;
  readonly outage: ParityCastellan['outage'];
  readonly port: number;
  line(host?: string): Promise<Line>;
  /** With the caller's access token in it. */
  request(request: ParityRequest): WireRequest;
  call(request: ParityRequest): Promise<Answer>;
  /** Audit rows since the last time, when there are so many. */
  auditRows(count: number): Promise<readonly AuditEntry[]>;
  /** Log lines since the last time, when there are so many. */
  logLines(count: number): Promise<readonly LogLine[]>;
  /** Waits for a log line that was not read yet: the server has seen the end of a request. */
  untilLogged(): Promise<void>;
  /** An exchange begins. */
  begin(): void;
  /** Waits until a request has come to the library since this exchange began. */
  untilMet(): Promise<void>;
  close(): Promise<void>;
}

/** Builds one. */
export async function parityApp(harness: AdapterHarness, variant: Variant): Promise<ParityApp> {
  const {
    browser = false,
    limited = false,
    ...plan
  } = variants[variant] as CastellanVariant & (typeof variants)['plain'];
  const { castellan, clock, lines, rows, outage, makeTokens } = parityCastellan({ browser, limited });
  const stage = createStage();
  const met: HttpRequest[] = [];
  const { http } = castellan;
  const exchange: typeof http.exchange = (request) => {
    met.push(request);
    return http.exchange(request);
  };
  const app: ListeningApp = await harness.listen<ParityPolicy>({
    ...plan,
    castellan: { http: { ...http, exchange }, start: castellan.start, stop: castellan.stop },
    stage,
    routes: parityRoutes(stage),
    abandonAfter: '30s',
    bodyLimit: 20_000,
  });
  const tokens = await makeTokens();
  const open: Line[] = [];
  const line = async (host?: string): Promise<Line> => {
    const opened = await openLine(app.port, host);
    open.push(opened);
    return opened;
  };
  const request = ({ as, ...rest }: ParityRequest): WireRequest =>
    as ? { ...rest, headers: { authorization: `Bearer ${tokens[as]}`, ...rest.headers } } : rest;
  const auditRows = reader(rows, 'audit rows');
  const logLines = reader(lines, 'log lines');
  const meetings = reader(met, 'requests');
  return {
    stage,
    tokens,
    clock,
    outage,
    port: app.port,
    line,
    request,
    async call(given) {
      const own = await line();
      const answer = await own.call(request(given));
      own.drop();
      return answer;
    },
    auditRows: (count) => auditRows.read(count),
    logLines: (count) => logLines.read(count),
    untilLogged: () => logLines.until(1),
    untilMet: () => meetings.until(1),
    begin: () => void meetings.read(0),
    async close() {
      for (const one of open) one.drop();
      await app.close();
    },
  };
}

const DEADLINE_MS = 5_000;

interface Reader<T> {
  /** Waits until so much is new. */
  until(count: number): Promise<void>;
  /** The same, and takes what is new. */
  read(count: number): Promise<readonly T[]>;
}

/** Reads what is new in a list. */
function reader<T>(list: readonly T[], what: string): Reader<T> {
  let at = 0;
  const until = async (count: number): Promise<void> => {
    const started = performance.now();
    while (list.length - at < count) {
      if (performance.now() - started > DEADLINE_MS)
        throw new Error(`of ${count} ${what} ${list.length - at} came: ${JSON.stringify(list.slice(at))}`);
      await setTimeout(1);
    }
  };
  return {
    until,
    async read(count) {
      await until(count);
      const fresh = list.slice(at);
      at = list.length;
      return fresh;
    },
  };
}
