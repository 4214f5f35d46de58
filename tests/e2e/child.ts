import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A program of the examples, running as a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /** Resolves with the first match in what it prints. @throws Error with all output when it ends before */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its exit code, `null` when a signal ended it. */
  readonly exit: Promise<number | null>;
}

/** Starts `examples/<main>` from its source. */
export function startExample(main: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Child {
  return startProgram(path.join(root, 'examples', main), args, env);
}

/** Starts a program of the repository from its source. */
export function startProgram(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CASTELLAN_|DATABASE_URL$|NODE_ENV$|VITEST)/.test(name)),
  );
  const child = spawn(process.execPath, ['--conditions=@castellan/source', file, ...args], {
    cwd: root,
    env: { ...clean, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk;
    for (const look of watchers) look();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    output: () => output,
    exit,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (!match) return;
          watchers.delete(look);
          resolve(match);
        };
        watchers.add(look);
        look();
        void exit.then((code) => reject(new Error(`it ended with ${code} before it printed ${pattern}:\n${output}`)));
      }),
  };
}
