import { safeOrigin } from '../audit/index.ts';
import { Problem } from '../http/index.ts';
import type { AccountsParts } from './account-parts.ts';
import type { RegisterRequest, SignedIn } from './account-requests.ts';

/** See `Accounts.register`. */
export async function register<Tx>(parts: AccountsParts<Tx>, request: RegisterRequest): Promise<SignedIn> {
  const { store, sessions, audit, hasher, makeId, tell, onAccountCreated } = parts;
  const { tenant, email, origin } = request;
  // before anything is asked of the store: a taken address costs as much as a free one, and no transaction is open
  const passwordHash = await hasher.hash(request.password, request.pass);
  const session = sessions.prepareStart({ transport: request.transport ?? 'bearer', amr: ['pwd'], origin });
  const created = await store.create(
    {
      id: makeId(),
      tenant,
      email: email.display,
      emailKey: email.key,
      passwordHash,
      displayName: request.displayName ?? null,
      tier: null,
      session: session.call,
      audit: audit.stamp(origin),
    },
    onAccountCreated,
  );
  switch (created.outcome) {
    case 'email_taken':
      await audit.record({
        tenant,
        action: 'user.register',
        actor: null,
        outcome: 'failure',
        origin,
        meta: { reason: 'email_taken' },
      });
      throw new Problem('email_taken', {
        fields: [{ pointer: '/email', code: 'taken', detail: 'has an account already' }],
      });
    case 'created': {
      const { account } = created;
      tell('account.registered', { tenant, subject: account.id, origin: safeOrigin(origin) });
      return { account, tokens: await session.issue(created.session) };
    }
  }
}
