import { ServerError } from './server-error.ts';
import { type Field, type ParserOf, readWire, type WireAnswer } from './wire-reader.ts';
import { closeMessage, executeMessages, parseMessages, simpleQueryMessage } from './wire-writer.ts';

/** What one statement gave. */
export interface Answer {
  readonly rows: Record<string, unknown>[];
  /** The first word of the command's tag: `SELECT`, `INSERT`, … */
  readonly command: string;
  readonly rowCount: number | null;
}

/** The one connection to a database in process. Synchronous: what is asked is answered when the call returns. */
export interface Connection {
  query(text: string, values: readonly unknown[]): Answer;
  inTransaction(): boolean;
}

/** Statements kept prepared: the library's set, and some of the app's. */
const MOST_PREPARED = 250;

interface Prepared {
  readonly name: string;
  readonly fields: readonly Field[];
}

/**
 * Speaks the protocol: a statement with parameters is parsed and planned once, and then costs one crossing. Statements
 * without parameters go as they are, and may be several in one text (as over `pg`).
 *
 * @param cross carries messages into the database and its answers back
 */
export function connection(cross: (messages: Uint8Array) => Uint8Array, parserOf: ParserOf): Connection {
  const prepared = new Map<string, Prepared>();
  let made = 0;
  let status: WireAnswer['status'] = 'I';

  const send = (messages: Uint8Array, known: readonly Field[] = []): WireAnswer => {
    const answer = readWire(cross(messages), known, parserOf);
    status = answer.status;
    return answer;
  };
  const prepareAndRun = (text: string, values: readonly unknown[]): WireAnswer => {
    const name = `castellan_${++made}`;
    const answer = send(Buffer.concat([...forgotten(), parseMessages(name, text), executeMessages(name, values)]));
    // an error while it ran leaves it prepared
    if (answer.prepared && answer.fields) prepared.set(text, { name, fields: answer.fields });
    return answer;
  };
  /** Makes room. */
  const forgotten = (): readonly Uint8Array[] => {
    const [oldest] = prepared.size >= MOST_PREPARED ? prepared : [];
    if (!oldest) return [];
    prepared.delete(oldest[0]);
    return [closeMessage(oldest[1].name)];
  };
  const run = (text: string, values: readonly unknown[]): WireAnswer => {
    if (values.length === 0) return send(simpleQueryMessage(text));
    const known = prepared.get(text);
    if (!known) return prepareAndRun(text, values);
    // the one that was used last stays longest
    prepared.delete(text);
    prepared.set(text, known);
    const before = status;
    const answer = send(executeMessages(known.name, values), known.fields);
    if (!isStale(answer.error)) return answer;
    prepared.delete(text);
    send(Buffer.concat([closeMessage(known.name), SYNC_ONLY]));
    // a transaction has failed with it; outside of one nothing was executed
    return before === 'I' ? prepareAndRun(text, values) : { ...answer, status };
  };

  return {
    query(text, values) {
      const { rows, tag, error } = run(text, values);
      if (error) throw error;
      return { rows, command: /^\w*/.exec(tag)?.[0] ?? '', rowCount: countOf(tag) };
    },
    inTransaction: () => status !== 'I',
  };
}

const SYNC_ONLY = Buffer.from([0x53, 0, 0, 0, 4]);

/** The table has changed below the plan, or somebody said DEALLOCATE ALL. */
function isStale(error: Error | undefined): boolean {
  if (!(error instanceof ServerError)) return false;
  return error.code === '26000' || (error.code === '0A000' && /cached plan/.test(error.message));
}

function countOf(tag: string): number | null {
  const count = /(\d+)$/.exec(tag)?.[1];
  return count === undefined ? null : Number(count);
}
