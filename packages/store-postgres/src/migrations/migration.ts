/** One step of the schema, up only: what it makes is never renamed or retyped later (expand, then contract). */
export interface Migration {
  /** `NNNN_what`: the order, and the schema's version once it has run. */
  readonly name: string;
  /**
   * The step's statements, one each, without a semicolon at the end.
   * @param s the quoted schema
   */
  readonly statements: (s: string) => readonly string[];
}
