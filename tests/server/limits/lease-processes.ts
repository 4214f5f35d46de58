import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LimitRule } from '@castellan/core/limits';

/** What each process is told. */
export interface LeaseProcessOptions {
  readonly style: 'greedy' | 'hoarding';
  readonly redisUrl: string;
  readonly prefix: string;
  readonly rule: LimitRule & { readonly kind: 'window' };
  readonly seconds: number;
  readonly instances: number;
  readonly maxError: number;
}

/** What each process tells. */
export interface LeaseProcessReport {
  /** When each check that passed did, µs of a clock that all processes share. */
  readonly passed: readonly number[];
  readonly checks: number;
  readonly calls: number;
}

/** Runs as many processes as `instances` says at once. */
export async function runLeaseProcesses(options: LeaseProcessOptions): Promise<readonly LeaseProcessReport[]> {
  const file = fileURLToPath(new URL('./lease-process.ts', import.meta.url));
  const children = Array.from({ length: options.instances }, () =>
    fork(file, [JSON.stringify(options)], { execArgv: ['--conditions=@castellan/source'] }),
  );
  try {
    await Promise.all(children.map(messageOf));
    const reports = children.map(messageOf);
    for (const child of children) child.send('go');
    return (await Promise.all(reports)) as readonly LeaseProcessReport[];
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a process ended with ${code} and told nothing`)));
  });
}
