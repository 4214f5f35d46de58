import fs from 'node:fs';
import path from 'node:path';
import { observatoryTiers } from '@castellan/core';
import { type Duration, durationMs } from '@castellan/core/kernel';
import type { LimitText } from '@castellan/core/limits';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import * as z from 'zod';

/** Everything the reference app reads from its environment; `.env.example` documents each variable. */
export interface Configuration {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Empty: the embedded database in `data`. */
  readonly databaseUrl: string;
  /** Empty: limits are counted in this process. */
  readonly redisUrl: string;
  readonly data: string;
  readonly issuer: string;
  readonly audience: string;
  readonly keys: string;
  readonly peppers: string;
  readonly accessTokenTtl: Duration;
  readonly grace: Duration;
  readonly reissue: Duration | 'unlimited' | false;
  readonly idle: Duration;
  readonly absolute: Duration;
  readonly maxStaleness: Duration;
  /** Whether clients may ask for cookies. */
  readonly cookies: boolean;
  /** Other origins whose pages may use the app. */
  readonly origins: readonly string[];
  readonly tiers: Readonly<Record<string, z.infer<typeof Tier>>>;
  /** Of the auth endpoints. */
  readonly limits: Partial<
    Record<'login' | 'loginAddress' | 'loginSoft' | 'register' | 'refresh' | 'refused', LimitText>
  >;
}

const isDuration = (text: string): text is Duration => {
  try {
    durationMs(text, '');
    return true;
  } catch {
    return false;
  }
};
const isLimit = (text: unknown): text is LimitText => typeof text === 'string' && /^\d+\/\d+(ms|s|m|h|d)$/.test(text);
const duration = (fallback: Duration) =>
  z.custom<Duration>().default(fallback).refine(isDuration, "must be a duration such as '10s', '15m' or '14d'");

const limitText = z.custom<LimitText>(isLimit, "must be a limit such as '5/1m'");
const limit = (fallback: LimitText) => limitText.default(fallback);
const Tier = z.strictObject({ rank: z.number().int(), limit: limitText.exactOptional() });

const Environment = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().default(''),
  CASTELLAN_DATA: z.string().default(path.resolve(import.meta.dirname, '../../../.castellan')),
  CASTELLAN_ISSUER: z.url().optional(),
  CASTELLAN_AUDIENCE: z.string().optional(),
  CASTELLAN_KEYS: z.string().optional(),
  CASTELLAN_PEPPERS: z.string().optional(),
  CASTELLAN_ACCESS_TOKEN_TTL: duration('15m'),
  CASTELLAN_REFRESH_GRACE: duration('10s'),
  CASTELLAN_REISSUE_WINDOW: z
    .custom<Duration | 'unlimited' | 'off'>()
    .default('unlimited')
    .refine(
      (text) => text === 'unlimited' || text === 'off' || isDuration(text),
      "must be a duration such as '10s', 'unlimited' or 'off'",
    ),
  CASTELLAN_SESSION_IDLE: duration('14d'),
  CASTELLAN_SESSION_ABSOLUTE: duration('30d'),
  CASTELLAN_MAX_STALENESS: duration('2s'),
  CASTELLAN_COOKIES: z.enum(['true', 'false'], "must be 'true' or 'false'").default('false'),
  CASTELLAN_ORIGINS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    ),
  REDIS_URL: z.string().default(''),
  CASTELLAN_LIMIT_LOGIN: limit('5/1m'),
  CASTELLAN_LIMIT_LOGIN_IP: limit('30/1m'),
  CASTELLAN_LIMIT_LOGIN_SOFT: limit('20/1h'),
  CASTELLAN_LIMIT_REGISTER: limit('10/15m'),
  CASTELLAN_LIMIT_REFRESH: limit('60/1m'),
  CASTELLAN_LIMIT_REFUSED: limit('600/1m'),
  CASTELLAN_TIERS: z
    .string()
    .default(JSON.stringify(observatoryTiers))
    .transform((text, context) => {
      try {
        return z.record(z.string(), Tier).parse(JSON.parse(text));
      } catch {
        context.issues.push({
          code: 'custom',
          message: 'must be JSON such as {"free":{"rank":0,"limit":"60/1m"},"pro":{"rank":1,"limit":"600/1m"}}',
          input: text,
        });
        return z.NEVER;
      }
    }),
});

/** The names of all variables. */
export const environmentVariables: readonly string[] = Object.keys(Environment.shape);

/**
 * Reads and checks the environment. In development keys and peppers are made once and kept in the data folder;
 * production refuses to start without its own.
 *
 * @throws Error naming each variable that is missing or malformed, never its value
 */
export async function readConfiguration(
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Configuration> {
  for (const name of Object.keys(env))
    if (name.startsWith('CASTELLAN_') && !(name in Environment.shape)) warn(`${name} is not known and has no effect`);
  // an empty variable is an unset one: `DATABASE_URL= npm run demo`
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new Error(
      `configuration: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    );
  const settings = parsed.data;
  const production = settings.NODE_ENV === 'production';
  if (production) refuseMissing(settings);
  const secret = async (
    name: 'CASTELLAN_KEYS' | 'CASTELLAN_PEPPERS',
    make: () => string | Promise<string>,
  ): Promise<string> =>
    settings[name] ?? kept(path.join(settings.CASTELLAN_DATA, name.toLowerCase().replaceAll('_', '-')), make);
  const issuer = settings.CASTELLAN_ISSUER ?? `http://${settings.HOST}:${settings.PORT}`;
  return {
    production,
    host: settings.HOST,
    port: settings.PORT,
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL,
    data: settings.CASTELLAN_DATA,
    issuer,
    audience: settings.CASTELLAN_AUDIENCE ?? issuer,
    keys: await secret('CASTELLAN_KEYS', generateKeys),
    peppers: await secret('CASTELLAN_PEPPERS', generatePepper),
    accessTokenTtl: settings.CASTELLAN_ACCESS_TOKEN_TTL,
    grace: settings.CASTELLAN_REFRESH_GRACE,
    reissue: settings.CASTELLAN_REISSUE_WINDOW === 'off' ? false : settings.CASTELLAN_REISSUE_WINDOW,
    idle: settings.CASTELLAN_SESSION_IDLE,
    absolute: settings.CASTELLAN_SESSION_ABSOLUTE,
    maxStaleness: settings.CASTELLAN_MAX_STALENESS,
    cookies: settings.CASTELLAN_COOKIES === 'true',
    origins: settings.CASTELLAN_ORIGINS,
    tiers: settings.CASTELLAN_TIERS,
    limits: {
      login: settings.CASTELLAN_LIMIT_LOGIN,
      loginAddress: settings.CASTELLAN_LIMIT_LOGIN_IP,
      loginSoft: settings.CASTELLAN_LIMIT_LOGIN_SOFT,
      register: settings.CASTELLAN_LIMIT_REGISTER,
      refresh: settings.CASTELLAN_LIMIT_REFRESH,
      refused: settings.CASTELLAN_LIMIT_REFUSED,
    },
  };
}

/** What production must bring, and how. */
const REQUIRED = {
  CASTELLAN_ISSUER: 'for example https://api.example.com',
  CASTELLAN_KEYS: 'npx castellan-postgres keys makes one',
  CASTELLAN_PEPPERS: 'npx castellan-postgres keys --peppers makes one',
} as const;

function refuseMissing(settings: { readonly [N in keyof typeof REQUIRED]?: string | undefined }): void {
  const missing = Object.entries(REQUIRED).filter(([name]) => settings[name as keyof typeof REQUIRED] === undefined);
  if (missing.length === 0) return;
  const list = missing.map(([name, how]) => `${name} must be set in production; ${how}`);
  throw new Error(`configuration: ${list.join('; ')}`);
}

/** Made at the first start, the same at every later one, readable by the owner only. */
async function kept(file: string, make: () => string | Promise<string>): Promise<string> {
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8');
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const value = await make();
  fs.writeFileSync(file, value, { mode: 0o600, flag: 'wx' });
  return value;
}
