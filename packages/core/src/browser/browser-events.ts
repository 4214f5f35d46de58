import type { Origin } from '../kernel/index.ts';
import type { CspViolation } from './csp-violation.ts';

/** Facts about browsers. */
export type BrowserEvents = {
  /** Browsers have reported violations of the content security policy; anybody may have sent this. */
  readonly 'csp.reported': {
    readonly tenant: string;
    readonly origin: Origin;
    /** How many the message held. */
    readonly count: number;
    /** The first of them, at most 20. */
    readonly violations: readonly CspViolation[];
  };
};

/** Tells one of them. */
export type TellBrowser = <N extends keyof BrowserEvents>(name: N, fact: BrowserEvents[N]) => void;
