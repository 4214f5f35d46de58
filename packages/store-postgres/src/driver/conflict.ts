/** A constraint was violated (SQLSTATE class 23): a result for the verb to tell, not a fault of the database. */
export class DatabaseConflict extends Error {
  override readonly name = 'DatabaseConflict';
  /** SQLSTATE: `23505` unique, `23503` foreign key, `23514` check. */
  readonly code: string;
  /** The constraint's name, as in the schema. */
  readonly constraint: string | undefined;

  constructor(code: string, constraint: string | undefined, options: { readonly cause: unknown }) {
    super(`constraint ${constraint ?? 'of unknown name'} was violated (${code})`, options);
    this.code = code;
    this.constraint = constraint;
  }
}
