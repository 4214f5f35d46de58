import { holdsCredential } from '../kernel/index.ts';

/**
 * What a meta member may hold. `uuid`: an id of ours. `id`: an id of the app's. `integer`, `boolean`: as they say.
 * `text`: at most 256 printable characters, never something that looks like a credential. An array: one of these words.
 */
export type MetaKind = 'uuid' | 'id' | 'integer' | 'boolean' | 'text' | readonly string[];

/** What an audit entry of one action says. */
export interface ActionDeclaration {
  /** What is acted on: `session`, `order`, …; left out where an action has no target. */
  readonly target?: string;
  /** Whether the target is a UUID; otherwise an id of the app's. */
  readonly targetIsUuid?: boolean;
  /** The members that its meta may have. What isn't declared here can't be written. */
  readonly meta?: Readonly<Record<string, MetaKind>>;
}

/** Actions by name. */
export type ActionTable = Readonly<Record<string, ActionDeclaration>>;

/** The value of a meta member. */
export type MetaValue<K extends MetaKind> = K extends 'integer'
  ? number
  : K extends 'boolean'
    ? boolean
    : K extends readonly (infer Word)[]
      ? Word
      : string;

/** The meta that an action's entry may carry. */
export type MetaOf<D extends ActionDeclaration> = D extends {
  readonly meta: infer M extends Readonly<Record<string, MetaKind>>;
}
  ? { readonly [N in keyof M]?: MetaValue<M[N]> | null }
  : Readonly<Record<string, never>>;

/** Target and meta after the check: fit to be written. */
export interface CheckedDetails {
  readonly targetKind: string | null;
  readonly target: string | null;
  readonly meta: Readonly<Record<string, string | number | boolean | null>> | null;
}

/** The actions that entries can be written for. */
export interface ActionRegistry<T extends ActionTable = ActionTable> {
  /** All names: the library's and the app's. */
  readonly names: readonly (keyof T & string)[];
  /** Whether an action's meta may have a member of that name and kind. */
  declares(action: string, member: string, kind: MetaKind): boolean;
  /**
   * Lets through only what the action declares.
   * @throws TypeError when action, target or a member is not declared or is of another type; never shows the value
   */
  check(action: string, target: string | null, meta: Readonly<Record<string, unknown>> | null): CheckedDetails;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Printable and without spaces; 255 characters, as a subject's id. */
const ID = /^[^\p{C}\p{Z}]{1,255}$/u;
/** Printable. */
const TEXT = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]{0,256}$/u;
const NAME = /^[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}$/;
const WORD = /^[a-z][a-z0-9_]{0,63}$/;
const KINDS = new Set<unknown>(['uuid', 'id', 'integer', 'boolean', 'text']);

/**
 * Makes a registry.
 *
 * @param table every action that may ever be written
 * @param path the option's path, named in errors
 * @throws TypeError when a declaration makes no sense
 */
export function createActionRegistry<T extends ActionTable>(table: T, path = 'audit.actions'): ActionRegistry<T> {
  const actions = new Map<string, ActionDeclaration>(Object.entries(table));
  for (const [name, declaration] of actions) checkDeclaration(name, declaration, path);
  return {
    names: [...actions.keys()],
    declares: (action, member, kind) => actions.get(action)?.meta?.[member] === kind,
    check(action, target, meta) {
      const declared = actions.get(action);
      if (!declared) throw new TypeError(`audit: ${JSON.stringify(action)} is not a declared action`);
      return {
        targetKind: target === null ? null : (declared.target ?? null),
        target: checkTarget(action, declared, target),
        meta: checkMeta(action, declared.meta ?? {}, meta),
      };
    },
  };
}

function checkDeclaration(name: string, { target, meta }: ActionDeclaration, path: string): void {
  const fault = (problem: string): never => {
    throw new TypeError(`${path}: ${JSON.stringify(name)} ${problem}`);
  };
  if (!NAME.test(name)) fault("must be named noun.verb, such as 'order.create'");
  if (target !== undefined && !WORD.test(target)) fault('has a target that is no lower-case word');
  for (const [member, kind] of Object.entries(meta ?? {})) {
    if (!WORD.test(member)) fault(`has a meta member that is no lower-case word: ${JSON.stringify(member)}`);
    const known = Array.isArray(kind) ? kind.length > 0 && kind.every((word) => WORD.test(word)) : KINDS.has(kind);
    if (!known) fault(`has a meta member of an unknown kind: ${JSON.stringify(member)}`);
  }
}

function checkTarget(action: string, declared: ActionDeclaration, target: string | null): string | null {
  if (target === null) return null;
  if (declared.target === undefined) throw new TypeError(`audit: ${action} declares no target`);
  if (!holds(declared.targetIsUuid ? 'uuid' : 'id', target)) throw new TypeError(`audit: ${action} has a bad target`);
  return target;
}

function checkMeta(
  action: string,
  declared: Readonly<Record<string, MetaKind>>,
  meta: Readonly<Record<string, unknown>> | null,
): CheckedDetails['meta'] {
  const checked: [string, string | number | boolean | null][] = [];
  for (const [member, value] of Object.entries(meta ?? {})) {
    const kind = Object.hasOwn(declared, member) ? declared[member] : undefined;
    // neither name nor value is shown: either may be what must not be written down
    if (kind === undefined) throw new TypeError(`audit: ${action} has a meta member that it doesn't declare`);
    if (value === undefined) continue;
    if (value !== null && !holds(kind, value)) throw new TypeError(`audit: ${action} has a bad meta.${member}`);
    checked.push([member, value as string | number | boolean | null]);
  }
  return checked.length === 0 ? null : Object.fromEntries(checked);
}

function holds(kind: MetaKind, value: unknown): boolean {
  switch (kind) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'uuid':
      return typeof value === 'string' && UUID.test(value);
    case 'id':
      return typeof value === 'string' && ID.test(value) && !holdsCredential(value);
    case 'text':
      return typeof value === 'string' && TEXT.test(value) && !holdsCredential(value);
    default:
      return typeof value === 'string' && kind.includes(value);
  }
}
