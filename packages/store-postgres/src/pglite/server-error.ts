/** An error that the database reported, with the members that `pg` gives its own. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  /** SQLSTATE. */
  readonly code: string;
  readonly severity: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  readonly position: string | undefined;

  constructor(members: ReadonlyMap<string, string>) {
    super(members.get('M') ?? 'the database reported an error without a message');
    this.code = members.get('C') ?? 'XX000';
    this.severity = members.get('V') ?? members.get('S') ?? 'ERROR';
    this.detail = members.get('D');
    this.hint = members.get('H');
    this.schema = members.get('s');
    this.table = members.get('t');
    this.column = members.get('c');
    this.constraint = members.get('n');
    this.position = members.get('P');
  }
}

/** Reads the body of an ErrorResponse: one-letter members, each a text that ends with NUL. */
export function serverError(body: Buffer): ServerError {
  const members = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    members.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return new ServerError(members);
}
