import type { TellAccount } from './accounts/index.ts';
import { appEndpoints } from './app-endpoints.ts';
import {
  type AppActions,
  type AppTable,
  auditEndpoints,
  auditGuard,
  createAppRegistry,
  createAudit,
  type LibraryActions,
} from './audit/index.ts';
import type { Castellan } from './castellan.ts';
import type { CastellanEvents } from './castellan-events.ts';
import type { CastellanOptions } from './castellan-options.ts';
import { composeAccounts } from './compose-accounts.ts';
import { composeBrowser } from './compose-browser.ts';
import { composeHealth } from './compose-health.ts';
import { composeLimits } from './compose-limits.ts';
import { composeLogging } from './compose-logging.ts';
import { healthEndpoints } from './health/index.ts';
import {
  createEndpointServer,
  createProblemResponse,
  type Endpoint,
  endpointTables,
  exchangeFactory,
  mergeProblems,
} from './http/index.ts';
import {
  createEvents,
  createStoreClock,
  durationMs,
  monotonicClock,
  randomBytes,
  systemClock,
  turnClock,
  uuidv7Generator,
} from './kernel/index.ts';
import { lateAccessTokens } from './late-access-tokens.ts';
import { createLifecycle } from './lifecycle.ts';
import type { TellLimit } from './limits/index.ts';
import { compilePolicy } from './policy.ts';
import { problemCatalogue } from './problem-catalogue.ts';
import { requestTenant } from './request-tenant.ts';
import { createRevocations } from './revocation/index.ts';
import {
  askStore,
  createAccessCheck,
  createPeppers,
  createSessions,
  createStallGate,
  createSubjects,
  localRevocations,
  sessionEndpoints,
  sessionSettings,
} from './sessions/index.ts';
import { sessionStarter } from './start-session-answer.ts';
import { checkStores, storeServices } from './stores.ts';
import { readTiers, type Tier } from './tiers.ts';
import { authenticateGuard, jwksEndpoint } from './tokens/index.ts';

/** The names that an app has given, taken from its options. */
interface ShapeOf<Tiers, Actions extends AppActions, Tx> {
  readonly tier: keyof Tiers & string;
  readonly action: keyof AppTable<Actions> & string;
  readonly actions: AppTable<Actions>;
  readonly tx: Tx;
}

/**
 * Puts the library together. Opens nothing and starts no timer: that is `start()`.
 *
 * @throws TypeError naming the option that makes no sense
 */
export function createCastellan<
  const Tiers extends Readonly<Record<string, Tier>> = { readonly default: Tier },
  const Actions extends AppActions = readonly [],
  Tx = unknown,
>(options: CastellanOptions<Tiers, Actions, Tx>): Castellan<ShapeOf<Tiers, Actions, Tx>> {
  const { stores, limits: limitsOptions, issuer, audience = issuer, service = issuer, scopesOf } = options;
  const { clock = systemClock, monotonic = monotonicClock, random = randomBytes } = options;
  const turn = options.monotonic ?? turnClock();
  checkStores(stores);
  for (const [name, value] of Object.entries({ issuer, audience, service }))
    if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text that is not empty`);
  const makeId = uuidv7Generator(clock, random);
  const storeClock = createStoreClock(clock);
  const events = createEvents<CastellanEvents>();
  const tell: (typeof events)['emit'] = (name, fact) => events.emit(name, fact);
  const requestLog = composeLogging({ logger: options.logger, events, monotonic });
  const ranked = readTiers(
    options.tiers,
    options.defaultTier,
    limitsOptions === false ? false : limitsOptions?.default,
  );
  const { tiers, defaultTier } = ranked;
  const settings = sessionSettings(options.sessions);
  const maxStalenessMs = durationMs(options.revocation?.maxStaleness ?? '2s', 'revocation.maxStaleness');
  const catalogue = mergeProblems(problemCatalogue, options.problems?.own ?? {});

  const accessTokens = lateAccessTokens({ ...options, audience });
  const revocations = createRevocations({
    store: stores.revocations,
    clock,
    monotonic,
    turn,
    storeClock,
    onUnavailable: (error) => tell('store.unavailable', { error }),
    onRecovered: () => tell('store.recovered', {}),
  });
  const stallGate = createStallGate({ monotonic });
  const peppers = createPeppers(options.peppers);
  const browser = composeBrowser({ options, issuer, peppers, random, tell });
  const limits = composeLimits({
    options: limitsOptions,
    store: stores.limits,
    tiers: ranked,
    peppers,
    cookies: browser.cookies,
    insecure: typeof options.cookies === 'object' && options.cookies.insecure === true,
    clock,
    random,
    tell: tell as TellLimit,
  });
  const sessions = createSessions({
    store: stores.sessions,
    subjects: stores.subjects,
    peppers,
    accessTokens,
    knowledge: revocations,
    storeClock,
    settings,
    defaultTier,
    ...(scopesOf && { scopesOf }),
    tell,
    stallGate,
    auditRefreshes: options.audit?.refresh !== 'refusals',
    clock,
    monotonic,
    random,
    makeId,
  });
  const check = createAccessCheck({
    accessTokens,
    store: stores.sessions,
    revocationStore: stores.revocations,
    knowledge: revocations,
    storeClock,
    settings,
    maxStalenessMs,
    audience,
    tell,
    makeId,
    clock,
    monotonic,
  });
  const subjects = createSubjects({
    store: stores.subjects,
    revocations: localRevocations(revocations),
    ask: askStore(storeClock, clock, monotonic),
    makeId,
    tiers: Object.keys(tiers),
  });
  const registry = createAppRegistry(options.audit?.actions);
  const audit = createAudit<LibraryActions & AppTable<Actions>>({ store: stores.audit, makeId, registry });
  const { cookies } = browser;
  const credentials = browser.credentials({ sessions, accessTokens, storeClock, charge: limits.chargePageRefresh });
  const accounts = composeAccounts<Tx>({
    options: options.accounts,
    store: stores.accounts,
    sessions,
    audit,
    defaultTier,
    cookies,
    monotonic,
    random,
    makeId,
    tell: tell as TellAccount,
  });

  const problem = createProblemResponse({
    catalogue,
    ...(options.problems?.typeBase !== undefined && { typeBase: options.problems.typeBase }),
    problemOf: options.problems?.problemOf,
    report: (error, exchange) => {
      const { context, request } = exchange;
      requestLog?.failed(exchange, error);
      tell('request.failed', { error, requestId: context.requestId, path: request.target.split('?', 1)[0] ?? '' });
    },
  });
  const compile: Castellan['http']['compile'] = (policy) =>
    compilePolicy(policy, {
      tiers: Object.keys(tiers),
      actions: audit.actions,
      audit: (action) => auditGuard({ audit, action: action as keyof (LibraryActions & AppTable<Actions>) & string }),
      authenticate: ({ scopes, tier, strict }) =>
        limits.authenticate(
          authenticateGuard({
            check,
            scopes,
            tiers,
            strict,
            cookies: credentials,
            ...(tier !== undefined && { tier }),
          }),
        ),
      limit: (asked) => limits.guards(asked),
    });
  const own = appEndpoints(options.endpoints, compile);
  const endpoints: readonly Endpoint[] = [
    ...sessionEndpoints({ sessions, check, accessTokens, storeClock, cookies }),
    ...browser.endpoints,
    ...(accounts?.endpoints ?? []),
    ...auditEndpoints({
      audit,
      accessTokenMs: Math.max(...Object.values(settings.profiles).map(({ accessMs }) => accessMs)),
    }),
    jwksEndpoint(accessTokens),
    ...limits.endpoints,
    ...own.endpoints,
  ];
  const policyOf = limits.endpointPolicies(compile);
  const tenant = requestTenant(options.tenantOf);
  const exchange = exchangeFactory({ makeId, headers: browser.headers });
  const services = storeServices(stores);
  const health = composeHealth({ service, options: options.health, services, monotonic, tell });
  const healthTable = healthEndpoints({ health, service });
  const serve = createEndpointServer({ policyOf: (endpoint) => own.policyOf(endpoint) ?? policyOf(endpoint), problem });
  const lifecycle = createLifecycle(
    async () => {
      browser.checkTransport();
      await Promise.all([accessTokens.load(), import('zod')]); // zod: the first request need not wait for it
      for (const service of services) await service.start();
      await revocations.start();
      stallGate.start();
      for (const message of [...settings.warnings, ...browser.warnings, ...limits.warnings])
        tell('configuration.warning', { message });
    },
    async () => {
      stallGate.stop();
      await accounts?.verbs.settled();
      await revocations.stop();
      for (const service of services) await service.stop();
    },
  );

  const castellan: Castellan<ShapeOf<Tiers, Actions, Tx>> = {
    http: {
      compile: compile as Castellan<ShapeOf<Tiers, Actions, Tx>>['http']['compile'],
      turn,
      exchange,
      front: tenant.behind(browser.front(problem)),
      ...(requestLog && { finished: requestLog.finished }),
      warn: (message) => tell('configuration.warning', { message }),
      open: tenant.open(problem),
      match: endpointTables({ auth: endpoints, health: healthTable }),
      serve: tenant.before(serve, problem, healthTable),
      problem,
    },
    events,
    subjects,
    sessions: { start: sessionStarter({ sessions, tenant, cookies }) },
    accounts: accounts?.verbs,
    audit: {
      query: ({ tenant = '', ...filter }) => audit.query({ ...filter, tenant } as Parameters<typeof audit.query>[0]),
      record: ((fact) => audit.record(fact)) as Castellan<ShapeOf<Tiers, Actions, Tx>>['audit']['record'],
    },
    health,
    ...lifecycle,
    [Symbol.asyncDispose]: () => castellan.stop(),
  };
  return castellan;
}
