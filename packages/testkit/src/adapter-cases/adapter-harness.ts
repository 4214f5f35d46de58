import type { Entry } from '@castellan/core/http';
import type { Duration } from '@castellan/core/kernel';
import type { HandlerName } from './route-handlers.ts';
import type { Stage } from './stage.ts';

/** What an adapter's author gives to the cases: how an app is built with it. */
export interface AdapterHarness {
  /** Builds an app and listens. Entity tags, poweredBy headers and the like of the framework are switched off. */
  listen<P>(plan: AppPlan<P>): Promise<ListeningApp>;
  /**
   * What the framework itself does otherwise, and why. The case of that name is turned round: it holds when its rule is
   * broken, so that no exception outlives its reason. Each is told in the adapter's README.
   */
  readonly exceptions?: Readonly<Partial<Record<AdapterException, string>>>;
}

/** Rules that a framework may break. */
export type AdapterException =
  /** What an async handler rejects with reaches the framework. */
  | 'rejections'
  /** What a route without a guard throws leaves as a problem. */
  | 'unguarded'
  /** What a handler throws after it has begun to answer past the framework cuts the line. */
  | 'begun'
  /** A second slash after the prefix of our endpoints makes another path. */
  | 'slashes';

/** An app of one case. */
export interface AppPlan<P> {
  /** What `createGate` takes. */
  readonly castellan: { readonly http: Entry<P>; start(): Promise<void>; stop(): Promise<void> };
  readonly routes: readonly RoutePlan<P>[];
  readonly stage: Stage;
  /** Goes to `createGate`. */
  readonly abandonAfter?: Duration;
  /** Goes to `createGate`. */
  readonly bodyLimit?: number;
  /** By the framework's own setting, one proxy before the app is believed, the nearest. Default: none. */
  readonly trustProxy?: boolean;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** A compression of the framework's own world, for every answer that asks for it: before our doors, or behind. */
  readonly compression?: 'outside' | 'inside';
  /** The framework's own JSON parser has read every body before our doors do, where the framework has that order. */
  readonly parsed?: boolean;
  /** By the framework's own settings, `/json/` and `/JSON` are `/json`. Default: each path is what it is. */
  readonly looseRouting?: boolean;
}

/** A route of an app. `HEAD` is served as `GET`, by the framework's own rule. */
export interface RoutePlan<P> {
  readonly method: 'GET' | 'POST';
  /** With parameters as `:id`. */
  readonly path: string;
  readonly handler: HandlerName;
  readonly policy?: P | undefined;
  /** The route has no guard. Where the framework lets us, it is named as an exception. */
  readonly unguarded?: boolean;
}

/**
 * An app that listens. The library's endpoints are at `/auth` and `/health`; everything else that no route answers is
 * the gate's.
 */
export interface ListeningApp {
  readonly port: number;
  /** Ends it and every connection. */
  close(): Promise<void>;
}
