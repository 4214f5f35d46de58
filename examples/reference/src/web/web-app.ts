import type { RequestListener } from 'node:http';
import type { Castellan } from '@castellan/core';
import type { Projects } from '../projects/projects.ts';

/** The reference app's routes in some framework. */
export interface WebApp {
  /** For a server of Node's. */
  readonly listener: RequestListener;
  /** What the framework itself has to close. */
  close(): Promise<void>;
}

/** Builds them. */
export type BuildWebApp = (castellan: Castellan, projects: Projects) => Promise<WebApp>;

/** The frameworks there are; the domain, the tour and every answer are the same on all three. */
export const FRAMEWORKS = ['express', 'fastify', 'koa'] as const;
export type FrameworkName = (typeof FRAMEWORKS)[number];

/** The query of a request's target. */
export function queryOf(target: string): URLSearchParams {
  const at = target.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : target.slice(at));
}
