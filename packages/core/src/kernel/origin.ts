/** Where a call came from. Written into audit rows; address and user agent also into the session's row. */
export interface Origin {
  /** The client's address by the framework's own trust-proxy rule, in canonical text form. */
  readonly ip: string | null;
  /** The `User-Agent` header, cut to 512 characters. */
  readonly userAgent: string | null;
  /** The id of the request in logs, answers and audit rows. */
  readonly requestId: string | null;
}

/** For work that no request asked for. */
export const noOrigin: Origin = { ip: null, userAgent: null, requestId: null };
