import { Readable } from 'node:stream';
import type { Entry } from '@castellan/core/http';
import { createNodeGate, type Door, type Mounted, type NodeGateOptions, requestPath } from '@castellan/core/node';
import type {
  FastifyError,
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preParsingHookHandler,
  RouteOptions,
} from 'fastify';
import { type FastifyCall, fastifyFramework } from './fastify-framework.ts';
import { type GuardConfig, isOwnRoute, OWN_ROUTE, policyIn, withPolicy } from './guard-config.ts';
import { first } from './hook-list.ts';

/** What {@link createGate} may be told. */
export interface GateOptions extends NodeGateOptions {
  /** Routes that need no policy, such as those of other plugins: `'GET /docs'`, `'/docs/*'`. */
  readonly except?: readonly string[];
  /** False: the app has a `setNotFoundHandler` of its own. Default true: unknown paths leave as problems. */
  readonly notFound?: boolean;
}

/** Castellan at the doors of a Fastify app. */
export interface Gate<P> {
  /**
   * Before the routes: `await app.register(plugin)`. Guards every route by the policy in its `config` and refuses to
   * register one without; starts Castellan when the app is ready, stops it when the app closes.
   */
  readonly plugin: FastifyPluginCallback;
  /**
   * A route's policy: `app.get('/orders/:id', { config: guard({ scope: 'orders:read' }) }, handler)`. Without a policy
   * it demands a valid access token.
   *
   * @throws TypeError naming the policy's member when the policy makes no sense
   */
  readonly guard: (policy?: P) => GuardConfig;
  /** The library's endpoints: `app.register(authRoutes, { prefix: '/auth' })`. */
  readonly authRoutes: FastifyPluginCallback;
  /** Whether the process and what it depends on are well: `app.register(healthRoutes, { prefix: '/health' })`. */
  readonly healthRoutes: FastifyPluginCallback;
  /** What Fastify refuses before it looks for a route leaves as a problem: `fastify({ frameworkErrors })`. */
  readonly frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;
}

/** What a gate needs of the composed library. */
export interface GateOwner<P> {
  readonly http: Entry<P>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Makes the gate of a Fastify app. Opens nothing and starts no timer.
 * @throws TypeError naming the option that makes no sense
 */
export function createGate<P>(castellan: GateOwner<P>, options: GateOptions = {}): Gate<P> {
  const { except = [], notFound = true, ...shared } = options;
  const gate = createNodeGate(castellan.http, fastifyFramework, shared);
  const fail: RouteOptions['errorHandler'] = (error, request, reply) => gate.fail(error, { request, reply });

  const front: onRequestHookHandler = (request, reply, done) => {
    try {
      if (gate.front({ request, reply })) done();
    } catch (error) {
      gate.fail(error, { request, reply });
    }
  };
  const protect = (route: RouteOptions): void => {
    if (isOwnRoute(route.config)) return;
    const policy = policyIn(route.config);
    if (!policy) {
      if (!isExcepted(route, except))
        throw new TypeError(
          `${methodsOf(route)} ${route.url} has no policy: give it { config: guard() }, or { config: guard({ public: true }) }`,
        );
      first(route, 'onRequest', front);
      return;
    }
    const door = gate.door(policy);
    first(route, 'onRequest', headHook(door, gate.fail));
    if (door.wantsBody) first(route, 'preParsing', bodyHook(door, gate.fail));
    route.errorHandler ??= fail; // of the route: an error handler of the app stays what it is elsewhere
  };

  const mount =
    (serve: Mounted<FastifyCall>): FastifyPluginCallback =>
    (app, _options, done) => {
      const depth = app.prefix.split('/').length - 1;
      // in the hook: the library reads its own bodies, before any parser of the app has a say
      const onRequest: onRequestHookHandler = (request, reply) => {
        const call = { request, reply };
        const below = requestPath(request.raw.url)
          .split('/')
          .slice(depth + 1)
          .join('/');
        const served = serve(call, { path: `/${below}`, prefix: app.prefix });
        if (served !== undefined) served.catch((error: unknown) => gate.fail(error, call));
        else gate.notFound(call);
      };
      const options = { config: { [OWN_ROUTE]: true }, onRequest, exposeHeadRoute: false };
      for (const url of ['/', '/*']) app.all(url, options, neverReached);
      done();
    };

  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.addHook('onRoute', protect);
    app.addHook('onReady', () => castellan.start());
    app.addHook('onClose', () => castellan.stop());
    if (notFound) {
      // before Fastify reads a body for nobody: its parsers' refusals would come in their own shape
      app.addHook('onRequest', (request, reply, next) => {
        if (request.is404) gate.notFound({ request, reply });
        else next();
      });
      app.setNotFoundHandler((request, reply) => gate.notFound({ request, reply }));
    }
    done();
  };

  return {
    plugin: Object.assign(plugin, {
      [Symbol.for('skip-override')]: true, // its hooks are for the app that registers it, not for a child of its own
      [Symbol.for('fastify.display-name')]: 'castellan',
    }),
    guard: (policy) => withPolicy(gate.compile(policy)),
    authRoutes: mount(gate.auth),
    healthRoutes: mount(gate.health),
    frameworkErrors(error, request, reply) {
      // a path with broken percent-encoding names nothing
      if (error.code === 'FST_ERR_BAD_URL') gate.notFound({ request, reply });
      else gate.fail(error, { request, reply });
    },
  };
}

type Fail = (error: unknown, call: FastifyCall) => void;

/**
 * A refused request's hook never goes on: the answer has left past Fastify. What goes wrong on the way does not reach
 * Fastify either, which says nothing more once an answer was taken off its hands.
 */
function headHook(door: Door<FastifyCall>, fail: Fail): onRequestHookHandler {
  return (request, reply, done) => {
    const call = { request, reply };
    const admitted = door.head(call);
    if (admitted === true) done();
    else if (admitted !== false)
      admitted.then(
        (yes) => yes && done(),
        (error: unknown) => fail(error, call),
      );
  };
}

/** The body is read here by the library's own rules; Fastify's parser then gets the same bytes. */
function bodyHook(door: Door<FastifyCall>, fail: Fail): preParsingHookHandler {
  return (request, reply, payload, done) => {
    const call: FastifyCall = { request, reply };
    door.body(call).then(
      (yes) => yes && done(null, call.read?.raw ? Readable.from([call.read.raw]) : payload),
      (error: unknown) => fail(error, call),
    );
  };
}

function neverReached(): never {
  throw new Error('a hook answers before');
}

function methodsOf({ method }: RouteOptions): string {
  return Array.isArray(method) ? method.join(',') : method;
}

function isExcepted(route: RouteOptions, except: readonly string[]): boolean {
  const names = [route.url, `${methodsOf(route)} ${route.url}`];
  return except.some((one) =>
    one.endsWith('*') ? names.some((name) => name.startsWith(one.slice(0, -1))) : names.includes(one),
  );
}
