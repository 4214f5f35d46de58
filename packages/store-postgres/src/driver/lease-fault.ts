import { type Fault, faultOf, isFatal } from './fault.ts';
import type { Lease } from './pool-lease.ts';

/** An error without SQLSTATE on a connection that has failed is that failure, whatever its text. */
export function faultOnLease(lease: Lease, error: unknown): Fault {
  const fault = faultOf(error);
  return fault === 'mistake' && lease.lost() ? 'connection_lost' : fault;
}

/** Whether the connection must not serve anybody again. */
export function isUnfit(lease: Lease, fault: Fault, error: unknown): boolean {
  const stale = fault === 'connection_lost' || fault === 'broken_plan' || fault === 'read_only';
  return stale || lease.lost() || isFatal(error);
}
