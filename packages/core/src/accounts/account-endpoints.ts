import type { CookieMode } from '../browser/index.ts';
import {
  canonicalAddress,
  type Endpoint,
  type EndpointCall,
  type HttpResponse,
  jsonResponse,
  type Principal,
  validateBody,
} from '../http/index.ts';
import { type Transport, tokenAnswer } from '../sessions/index.ts';
import type { AccountBodies } from './account-bodies.ts';
import { accountJson } from './account-json.ts';
import type { AccountCall, SignedIn } from './account-requests.ts';
import type { Accounts } from './accounts.ts';
import type { GatePass } from './hashing-gate.ts';
import type { PasswordPolicy } from './password-policy.ts';

/** What {@link accountEndpoints} are made of. */
export interface AccountEndpointParts {
  readonly accounts: Accounts;
  readonly passwordPolicy: PasswordPolicy;
  /** Shown for an account that was given no tier. */
  readonly defaultTier: string;
  /** Left out: nobody can ask for `transport: 'cookie'`. */
  readonly cookies?: CookieMode | undefined;
}

/** `POST /register`, `POST /login`, `GET /me`, `PATCH /me`, `POST /change-password`. */
export function accountEndpoints(parts: AccountEndpointParts): readonly Endpoint[] {
  const { accounts, passwordPolicy, defaultTier, cookies } = parts;
  let made: AccountBodies | undefined;
  const bodies = async (): Promise<AccountBodies> => {
    if (made) return made;
    const { accountBodies } = await import('./account-bodies.ts');
    made = accountBodies(passwordPolicy, cookies ? ['bearer', 'cookie'] : ['bearer']);
    return made;
  };
  const signedIn = ({ account, tokens }: SignedIn, status: number, transport: Transport): HttpResponse => {
    const extra = { account: accountJson(account, defaultTier) };
    return tokenAnswer(tokens, { status, extra, jar: transport === 'cookie' ? cookies?.jar : undefined });
  };
  /** A sign-in that leaves cookies behind could put a victim into the attacker's account. */
  const admit = (call: EndpointCall, transport: Transport, given?: string): void => {
    if (transport === 'cookie') cookies?.csrf.demandOf(call, given);
  };

  return [
    {
      method: 'POST',
      path: '/register',
      public: true,
      body: ['json'],
      async handle(call) {
        const body = validateBody((await bodies()).register, call.body);
        const { email, password, display_name: displayName = null, transport = 'bearer' } = body;
        admit(call, transport);
        const { tenant } = call.context;
        const request = { tenant, email, password, displayName, transport, ...callOf(call) };
        return signedIn(await accounts.register(request), 201, transport);
      },
    },
    {
      method: 'POST',
      path: '/login',
      public: true,
      body: ['json', 'form'],
      async handle(call) {
        const { given, body } = cookies?.csrf.takeField(call) ?? { given: undefined, body: call.body };
        const { email, password, transport = 'bearer' } = validateBody((await bodies()).login, body);
        admit(call, transport, given);
        const { tenant } = call.context;
        return signedIn(await accounts.login({ tenant, email, password, transport, ...callOf(call) }), 200, transport);
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
        const patch = validateBody((await bodies()).patch, call.body);
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
        const body = validateBody((await bodies()).changePassword, call.body);
        const passwords = { currentPassword: body.current_password, newPassword: body.new_password };
        const request = { principal: principalOf(call), ...passwords, ...callOf(call) };
        const jar = call.context.byCookie ? cookies?.jar : undefined;
        return tokenAnswer(await accounts.changePassword(request), { jar });
      },
    },
  ];
}

/** The gate reads `gone` again when the turn comes, so it is given the live request. */
function callOf({ request, context }: EndpointCall): AccountCall {
  const userAgent = request.headers['user-agent'] ?? null;
  const begins = (): void => {
    context.hashed = true;
  };
  const pass: GatePass = Object.create(request, { begins: { value: begins } });
  return { origin: { ip: canonicalAddress(request.ip), userAgent, requestId: context.requestId }, pass };
}

function principalOf({ context: { principal } }: EndpointCall): Principal {
  if (!principal) throw new TypeError('an account endpoint was mounted without authentication');
  return principal;
}
