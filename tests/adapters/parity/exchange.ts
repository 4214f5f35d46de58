import type { Answer } from '../../../packages/testkit/src/adapter-cases/wire/answer.ts';
import type { ParityApp, ParityRequest, Variant } from './parity-app.ts';

/** One scripted exchange: the same is played to every framework. */
export interface ParityExchange {
  readonly name: string;
  readonly variant: Variant;
  /** Audit rows that it writes; those that come after the answer are waited for. */
  readonly audits: number;
  /** Log lines: one for each request that reaches us. */
  readonly lines: number;
  play(app: ParityApp): Promise<readonly Answer[]>;
}

/** What an exchange has besides. */
export interface ExchangeSettings {
  readonly variant?: Variant;
  readonly audits?: number;
  readonly lines?: number;
}

/** One request, one answer, on a connection of its own. */
export function ask(name: string, request: ParityRequest, settings: ExchangeSettings = {}): ParityExchange {
  return scripted(name, async (app) => [await app.call(request)], { lines: 1, ...settings });
}

/** Whatever a script says. */
export function scripted(
  name: string,
  play: ParityExchange['play'],
  { variant = 'plain', audits = 0, lines = 0 }: ExchangeSettings = {},
): ParityExchange {
  return { name, variant, audits, lines, play };
}
