/** A parameter on the wire. */
export interface BoundParameter {
  readonly isBinary: boolean;
  readonly bytes: Buffer | null;
}

/** A value as `pg` would send it: bytes as they are, lists as arrays, other objects as JSON, the rest as text. */
export function boundParameter(value: unknown): BoundParameter {
  if (value === null || value === undefined) return NULL;
  if (value instanceof Uint8Array) return { isBinary: true, bytes: bufferOf(value) };
  return { isBinary: false, bytes: Buffer.from(textOf(value)) };
}

const NULL: BoundParameter = { isBinary: false, bytes: null };

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayText(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return JSON.stringify(value);
}

/** PostgreSQL's array literal ("Array Input and Output Syntax"). */
function arrayText(items: readonly unknown[]): string {
  return `{${items.map(itemText).join(',')}}`;
}

function itemText(item: unknown): string {
  if (item === null || item === undefined) return 'NULL';
  if (Array.isArray(item)) return arrayText(item);
  if (item instanceof Uint8Array) return `"\\\\x${bufferOf(item).toString('hex')}"`;
  return `"${textOf(item).replaceAll(/["\\]/g, '\\$&')}"`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
