import {
  type ActionDeclaration,
  type ActionRegistry,
  type ActionTable,
  createActionRegistry,
} from './action-registry.ts';

/** Why a sign-in or a password change failed. Outside they are all one answer. */
export const credentialFailures: readonly [
  'unknown_account',
  'no_password',
  'wrong_password',
  'disabled',
  'superseded',
] = ['unknown_account', 'no_password', 'wrong_password', 'disabled', 'superseded'];

/** Why a credential was refused, to the ledger and to listeners. `superseded`: the subject's epoch moved, or the session ended, while it was checked. */
export type CredentialFailure = (typeof credentialFailures)[number];

/** How a presented token was judged: the rows of the state table, and `displaced` for an access token. */
const judgements = [
  'rotate',
  'keep',
  'replay',
  'reissue',
  'again',
  'revoked',
  'user_disabled',
  'expired',
  'idle',
  'pop_mismatch',
  'ahead',
  'superseded',
  'reuse',
  'displaced',
] as const;

interface SubjectAction {
  readonly target: 'subject';
}
interface CredentialAction extends SubjectAction {
  readonly meta: { readonly reason: typeof credentialFailures };
}
interface SessionAction {
  readonly target: 'session';
  readonly targetIsUuid: true;
}
/** What sessions' own rows say: which row of the state table, and both generations. */
interface RefreshAction extends SessionAction {
  readonly meta: { readonly result: typeof judgements; readonly generation: 'integer'; readonly presented: 'integer' };
}

const onSubject: SubjectAction = { target: 'subject' };
const onCredential: CredentialAction = { target: 'subject', meta: { reason: credentialFailures } };
const onSession: SessionAction = { target: 'session', targetIsUuid: true };
const onRefresh: RefreshAction = {
  ...onSession,
  meta: { result: judgements, generation: 'integer', presented: 'integer' },
};

/** The library's table. */
export type LibraryActions = {
  readonly 'user.register': SubjectAction & { readonly meta: { readonly reason: readonly ['email_taken'] } };
  readonly 'user.login': CredentialAction;
  readonly 'user.logout': SessionAction;
  readonly 'user.logout_all': SubjectAction;
  readonly 'user.refresh': RefreshAction;
  readonly 'user.change_password': CredentialAction;
  readonly 'user.update': SubjectAction;
  readonly 'session.revoke': SessionAction;
  readonly 'session.revoke_others': SessionAction;
  readonly 'session.reuse_detected': RefreshAction;
  readonly 'tier.change': SubjectAction;
  readonly 'subject.disable': SubjectAction;
  readonly 'subject.enable': SubjectAction;
};

/** The library's actions. Rows that stores write inside their own verbs use the same names. */
export const libraryActions: LibraryActions = {
  'user.register': { target: 'subject', meta: { reason: ['email_taken'] } },
  'user.login': onCredential,
  'user.logout': onSession,
  'user.logout_all': onSubject,
  'user.refresh': onRefresh,
  'user.change_password': onCredential,
  'user.update': onSubject,
  'session.revoke': onSession,
  'session.revoke_others': onSession,
  'session.reuse_detected': onRefresh,
  'tier.change': onSubject,
  'subject.disable': onSubject,
  'subject.enable': onSubject,
};

/** What an app adds: names only, or names with what their entries say. */
export type AppActions = readonly string[] | ActionTable;

/** An action given by its name: its entries say which status was answered. */
export interface PlainAction extends ActionDeclaration {
  readonly meta: { readonly status: 'integer' };
}

/** The table that an app's actions make. */
export type AppTable<A extends AppActions> = A extends readonly (infer Name extends string)[]
  ? { readonly [N in Name]: PlainAction }
  : A extends ActionTable
    ? A
    : never;

/**
 * The registry of a composed library: its own actions and the app's.
 *
 * @param app `['order.create']`, or `{ 'order.create': { target: 'order', meta: { lines: 'integer' } } }`
 * @throws TypeError naming `audit.actions` when a name is no `noun.verb`, is the library's own, or is given twice
 */
export function createAppRegistry<const A extends AppActions = readonly []>(
  app?: A,
): ActionRegistry<LibraryActions & AppTable<A>> {
  const given: AppActions = app ?? [];
  const names = isNames(given) ? given : Object.keys(given);
  for (const name of names)
    if (Object.hasOwn(libraryActions, name))
      throw new TypeError(`audit.actions: ${JSON.stringify(name)} is the library's own`);
  if (new Set(names).size < names.length) throw new TypeError('audit.actions: a name is given twice');
  const table = isNames(given)
    ? Object.fromEntries(given.map((name): [string, PlainAction] => [name, { meta: { status: 'integer' } }]))
    : given;
  return createActionRegistry({ ...libraryActions, ...table } as LibraryActions & AppTable<A>);
}

function isNames(app: AppActions): app is readonly string[] {
  return Array.isArray(app);
}
