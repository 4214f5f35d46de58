import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process holds a lock, so that another one can tell whether it still lives. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the machine's own counting; a process id comes again, with another beginning. `null`: not known. */
  readonly started: string | null;
  /** Which run of the machine. `null`: not known. */
  readonly boot: string | null;
  /** Whose process ids these are: containers count on their own. `null`: not known. */
  readonly namespace: string | null;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    boot: quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: quietly(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Whether the process lives; `unknown` where its ids mean nothing to us. */
export function isAlive(other: ProcessIdentity, own: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (other.host !== own.host) return 'unknown';
  if (differ(other.boot, own.boot)) return 'dead';
  if (differ(other.namespace, own.namespace)) return 'unknown';
  if (!answers(other.pid)) return 'dead';
  return differ(other.started, startOf(other.pid)) ? 'dead' : 'alive';
}

/** Both known, and not the same. */
function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat (proc(5)), counted from behind the name, which may contain anything. */
function startOf(pid: number): string | null {
  return quietly(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  });
}

function quietly<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
