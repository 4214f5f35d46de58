/** How long a call waits for a connection, ms. */
export const connectionWaitMs = 2_000;
/** How long a statement may take unless its verb says otherwise, ms. */
export const statementMs = 5_000;
/** How much longer than a statement's time its connection may be silent before it is destroyed, ms. */
export const watchdogGraceMs = 1_000;
/** How long a statement of a transaction waits for a lock, ms; then the whole unit is tried again. */
export const lockMs = 500;
/** How long a transaction may do nothing, ms: a process that has gone to sleep must not hold locks. */
export const idleInTransactionMs = 10_000;
