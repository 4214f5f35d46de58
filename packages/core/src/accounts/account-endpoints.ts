import {
  canonicalAddress,
  type Endpoint,
  type EndpointCall,
  jsonResponse,
  type Principal,
  validateBody,
} from '../http/index.ts';
import { tokenAnswer } from '../sessions/index.ts';
import { accountBodies } from './account-bodies.ts';
import { accountJson } from './account-json.ts';
import type { AccountCall, SignedIn } from './account-requests.ts';
import type { Accounts } from './accounts.ts';
import type { PasswordPolicy } from './password-policy.ts';

/** What {@link accountEndpoints} are made of. */
export interface AccountEndpointParts {
  readonly accounts: Accounts;
  readonly passwordPolicy: PasswordPolicy;
  /** Shown for an account that was given no tier. */
  readonly defaultTier: string;
}

/** `POST /register`, `POST /login`, `GET /me`, `PATCH /me`, `POST /change-password`. */
export function accountEndpoints({ accounts, passwordPolicy, defaultTier }: AccountEndpointParts): readonly Endpoint[] {
  const bodies = accountBodies(passwordPolicy);
  const signedIn = ({ account, tokens }: SignedIn, status: number) =>
    tokenAnswer(tokens, { status, extra: { account: accountJson(account, defaultTier) } });

  return [
    {
      method: 'POST',
      path: '/register',
      public: true,
      body: ['json'],
      async handle(call) {
        const { email, password, display_name, transport } = validateBody(bodies.register, call.body);
        const { tenant } = call.context;
        const wish = { displayName: display_name ?? null, transport: transport ?? 'bearer' };
        return signedIn(await accounts.register({ tenant, email, password, ...wish, ...callOf(call) }), 201);
      },
    },
    {
      method: 'POST',
      path: '/login',
      public: true,
      body: ['json', 'form'],
      async handle(call) {
        const { email, password, transport = 'bearer' } = validateBody(bodies.login, call.body);
        const { tenant } = call.context;
        return signedIn(await accounts.login({ tenant, email, password, transport, ...callOf(call) }), 200);
      },
    },
    {
      method: 'GET',
      path: '/me',
      public: false,
      async handle(call) {
        return jsonResponse(200, accountJson(await accounts.me(principalOf(call)), defaultTier));
      },
    },
    {
      method: 'PATCH',
      path: '/me',
      public: false,
      body: ['json'],
      async handle(call) {
        const patch = validateBody(bodies.patch, call.body);
        const account = await accounts.update({ principal: principalOf(call), patch, ...callOf(call) });
        return jsonResponse(200, accountJson(account, defaultTier));
      },
    },
    {
      method: 'POST',
      path: '/change-password',
      public: false,
      body: ['json'],
      async handle(call) {
        const body = validateBody(bodies.changePassword, call.body);
        const passwords = { currentPassword: body.current_password, newPassword: body.new_password };
        return tokenAnswer(
          await accounts.changePassword({ principal: principalOf(call), ...passwords, ...callOf(call) }),
        );
      },
    },
  ];
}

/** The gate reads `gone` again when the turn comes, so it is given the live request. */
function callOf({ request, context }: EndpointCall): AccountCall {
  const userAgent = request.headers['user-agent'] ?? null;
  return { origin: { ip: canonicalAddress(request.ip), userAgent, requestId: context.requestId }, pass: request };
}

function principalOf({ context: { principal } }: EndpointCall): Principal {
  if (!principal) throw new TypeError('an account endpoint was mounted without authentication');
  return principal;
}
