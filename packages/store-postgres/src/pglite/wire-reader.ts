import { serverError } from './server-error.ts';

/** A column of an answer. */
export interface Field {
  readonly name: string;
  /** Object id of its type. */
  readonly type: number;
}

/** What the database answered to one crossing. */
export interface WireAnswer {
  /** Of the last statement. */
  readonly rows: Record<string, unknown>[];
  /** The last statement's command tag: `INSERT 0 1`. Empty when there was an error. */
  readonly tag: string;
  /** The columns of the last description; `null`: none came. */
  readonly fields: readonly Field[] | null;
  /** A Parse was carried out and described. */
  readonly prepared: boolean;
  readonly error: Error | undefined;
  /** In a transaction that has failed (E), in one (T), in none (I). */
  readonly status: 'I' | 'T' | 'E';
}

/** Reads a column's text. */
export type ParserOf = (type: number) => (text: string) => unknown;

/**
 * Reads the messages of the backend (protocol 3.0, "Message Formats").
 *
 * @param known the columns, where a statement prepared before is executed and none are described
 */
export function readWire(answer: Uint8Array, known: readonly Field[], parserOf: ParserOf): WireAnswer {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  let fields: readonly Field[] | null = null;
  let columns = columnsOf(known, parserOf);
  let rows: Record<string, unknown>[] = [];
  let finished: { rows: Record<string, unknown>[]; tag: string } | undefined;
  let parsed = false;
  let described = false;
  let error: Error | undefined;
  let status: WireAnswer['status'] = 'I';

  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at];
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const body = at + 5;
    switch (type) {
      case 0x44: // D: data row
        rows.push(readRow(bytes, body, columns));
        break;
      case 0x54: // T: row description
        fields = readFields(bytes, body);
        columns = columnsOf(fields, parserOf);
        described = true;
        break;
      case 0x6e: // n: no data
        fields = [];
        columns = [];
        described = true;
        break;
      case 0x43: // C: command complete
        finished = { rows, tag: bytes.toString('latin1', body, end - 1) };
        rows = [];
        break;
      case 0x31: // 1: parse complete
        parsed = true;
        break;
      case 0x45: // E: error
        error ??= serverError(bytes.subarray(body, end));
        break;
      case 0x5a: // Z: ready for query
        status = bytes.toString('latin1', body, body + 1) as WireAnswer['status'];
        break;
    }
    at = end;
  }
  return { rows: [], tag: '', ...finished, fields, prepared: parsed && described, error, status };
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

function columnsOf(fields: readonly Field[], parserOf: ParserOf): readonly Column[] {
  return fields.map(({ name, type }) => ({ name, parse: parserOf(type) }));
}

function readFields(bytes: Buffer, from: number): readonly Field[] {
  const fields: Field[] = [];
  let at = from + 2;
  for (let left = bytes.readUInt16BE(from); left > 0; left--) {
    const end = bytes.indexOf(0, at);
    fields.push({ name: bytes.toString('utf8', at, end), type: bytes.readUInt32BE(end + 7) });
    at = end + 19; // table, column, type, size, modifier, format
  }
  return fields;
}

function readRow(bytes: Buffer, from: number, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = from + 2;
  for (const { name, parse } of columns) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) {
      row[name] = null;
      continue;
    }
    row[name] = parse(bytes.toString('utf8', at, at + length));
    at += length;
  }
  return row;
}
