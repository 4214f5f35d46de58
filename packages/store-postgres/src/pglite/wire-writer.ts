import { type BoundParameter, boundParameter } from './bound-parameter.ts';

/**
 * Messages of the frontend (PostgreSQL's protocol 3.0, "Message Formats"), put together so that one crossing into the
 * database carries a whole query.
 */

/** Parse and describe under a name. */
export function parseMessages(name: string, text: string): Uint8Array {
  return Buffer.concat([
    message('P', Buffer.concat([cString(name), cString(text), int16(0)])),
    message('D', Buffer.concat([Buffer.from('S'), cString(name)])),
  ]);
}

/** Bind, execute, sync. All answers come as text. */
export function executeMessages(name: string, values: readonly unknown[]): Uint8Array {
  const parameters = values.map(boundParameter);
  const bind = [cString(''), cString(name), int16(parameters.length)];
  for (const { isBinary } of parameters) bind.push(int16(isBinary ? 1 : 0));
  bind.push(int16(parameters.length));
  for (const { bytes } of parameters) bind.push(...length(bytes));
  bind.push(int16(0));
  return Buffer.concat([message('B', Buffer.concat(bind)), EXECUTE, SYNC]);
}

/** Forgets a prepared statement; answered at the next sync. */
export function closeMessage(name: string): Uint8Array {
  return message('C', Buffer.concat([Buffer.from('S'), cString(name)]));
}

/** One or more statements without parameters. */
export function simpleQueryMessage(text: string): Uint8Array {
  return message('Q', cString(text));
}

function length(bytes: BoundParameter['bytes']): Buffer[] {
  return bytes === null ? [int32(-1)] : [int32(bytes.length), bytes];
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function cString(text: string): Buffer {
  // the protocol ends a text with NUL: what follows one would be read as something else
  if (text.includes('\0')) throw new TypeError('a statement must not contain NUL');
  return Buffer.from(`${text}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const EXECUTE = message('E', Buffer.concat([cString(''), int32(0)]));
const SYNC = message('S', Buffer.alloc(0));
