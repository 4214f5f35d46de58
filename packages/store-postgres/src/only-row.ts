/** The row of a statement that always answers one. */
export function onlyRow<R>(rows: readonly R[]): R {
  const [row] = rows;
  if (row === undefined) throw new TypeError('expected a row');
  return row;
}
