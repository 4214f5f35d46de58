import { Readable } from 'node:stream';
import type { Entry } from '@castellan/core/http';
import {
  createNodeGate,
  type Mounted,
  type NodeGateOptions,
  pathBelow,
  requestPath,
  routeExceptions,
} from '@castellan/core/node';
import type { FastifyError, FastifyPluginCallback, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { passingOn } from './error-handler.ts';
import { type FastifyCall, fastifyFramework } from './fastify-framework.ts';
import { type GuardConfig, OWN_ROUTE, POLICY } from './guard-config.ts';

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
  const isExcepted = routeExceptions(except);
  /** A route is declared twice over with one set of options at the end of a prefix: with and without a last slash. */
  const guarded = new WeakSet<RouteOptions>();

  const protect = (route: RouteOptions): void => {
    const { [POLICY]: policy, [OWN_ROUTE]: isOwn } = (route.config ?? {}) as GuardConfig;
    if (isOwn || guarded.has(route)) return;
    guarded.add(route);
    const name = `${String(route.method)} ${route.url}`;
    if (policy) guardRoute(route, policy);
    else if ([route.method].flat().every((method) => isExcepted(method, route.url)))
      addFirst(route, 'onRequest', (request, reply, done) => void (gate.front({ request, reply }) && done()));
    else throw new TypeError(`${name} has no policy: give it { config: guard() }, or guard({ public: true })`);
  };

  /** Who is refused goes no further: the answer has left past Fastify. */
  const guardRoute = (route: RouteOptions, policy: NonNullable<GuardConfig[typeof POLICY]>): void => {
    const door = gate.door(policy);
    addFirst(route, 'onRequest', (request, reply, done) => {
      const admitted = door.head({ request, reply });
      if (admitted === true) done();
      else if (admitted !== false) void admitted.then((yes) => yes && done());
    });
    if (door.wantsBody)
      // read here by the library's own rules; Fastify's parser then gets the same bytes
      addFirst(route, 'preParsing', (request, reply, payload, done) => {
        const call: FastifyCall = { request, reply };
        const again = () => done(null, call.read?.raw ? Readable.from([call.read.raw]) : payload);
        void door.body(call).then((yes) => yes && again());
      });
    // of the route: an error handler of the app stays what it is elsewhere
    const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => gate.fail(error, { request, reply });
    route.errorHandler = route.errorHandler ? passingOn(route.errorHandler, fail) : fail;
  };

  const mount =
    (serve: Mounted<FastifyCall>): FastifyPluginCallback =>
    (app, _options, done) => {
      const depth = app.prefix.split('/').length - 1;
      // in the hook: the library reads its own bodies, before any parser of the app has a say
      const onRequest = (request: FastifyRequest, reply: FastifyReply, _done: () => void): void => {
        const call = { request, reply };
        const path = pathBelow(requestPath(request.raw.url), depth);
        if (!serve(call, { path, prefix: app.prefix })) gate.notFound(call);
      };
      const options = { config: { [OWN_ROUTE]: true }, onRequest, exposeHeadRoute: false };
      for (const url of ['/', '/*']) app.all(url, options, () => undefined);
      done();
    };

  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.addHook('onRoute', protect);
    app.addHook('onReady', () => castellan.start());
    app.addHook('onClose', () => castellan.stop());
    if (notFound) {
      const answer = (request: FastifyRequest, reply: FastifyReply): void => gate.notFound({ request, reply });
      // as a hook too: before Fastify reads a body for nobody, and its parsers' refusals come in their own shape. Not a
      // hook of the app: known routes would ask it each time. An app that sets its own handler is told by Fastify
      app.setNotFoundHandler({ onRequest: answer } as object, answer);
    }
    done();
  };

  return {
    plugin: Object.assign(plugin, {
      [Symbol.for('skip-override')]: true, // its hooks are for the app that registers it, not for a child of its own
      [Symbol.for('fastify.display-name')]: 'castellan',
    }),
    guard: (policy) => ({ [POLICY]: gate.compile(policy) }),
    authRoutes: mount(gate.auth),
    healthRoutes: mount(gate.health),
    frameworkErrors(error, request, reply) {
      // a path with broken percent-encoding names nothing
      if (error.code === 'FST_ERR_BAD_URL') gate.notFound({ request, reply });
      else gate.fail(error, { request, reply });
    },
  };
}

/** Puts a hook before those that a route has. */
function addFirst<N extends 'onRequest' | 'preParsing'>(
  route: RouteOptions,
  name: N,
  hook: Extract<NonNullable<RouteOptions[N]>, (...given: never[]) => unknown>,
): void {
  route[name] = [hook, ...[route[name] ?? []].flat()] as RouteOptions[N];
}
