import { createGate } from '@castellan/adapter-express';
import { principalOf } from '@castellan/core';
import express, { type Request } from 'express';
import { expressjwt } from 'express-jwt';
import { rateLimit } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { HEADERS, LIMIT, WINDOW_MS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { startLimited } from './limited-castellan.ts';
import { flexibleLimiter, peerTokens } from './limited-peers.ts';
import { secret } from './peer-token.ts';
import { benchRedis } from './redis.ts';

const subjectOf = (req: unknown): string => (req as { auth: { sub: string } }).auth.sub;

/** One limited Express app by its name. */
export async function limitedExpress(name: string): Promise<Contestant> {
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');
  if (name === 'headers') {
    app.get('/me', (_req, res) => {
      for (const header in HEADERS) res.setHeader(header, HEADERS[header] as string);
      res.json({ sub: 'ada' });
    });
    return { token: '', listener: app };
  }
  if (name === 'castellan') {
    const { castellan, tokens, outages } = await startLimited();
    const { guard, problems } = createGate(castellan);
    app.get('/me', guard(), (req, res) => {
      res.json({ sub: principalOf(req).subject });
    });
    app.use(problems);
    return { token: '', tokens, listener: app, outages };
  }
  const { tokens, expected } = await peerTokens();
  const authenticated = expressjwt({ secret, algorithms: ['HS256'], ...expected });
  const answer = (req: Request, res: express.Response): void => {
    res.json({ sub: subjectOf(req) });
  };
  if (name === 'express-rate-limit') {
    const redis = benchRedis();
    const limited = rateLimit({
      windowMs: WINDOW_MS,
      limit: LIMIT,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: subjectOf,
      store: new RedisStore({
        sendCommand: (command: string, ...args: string[]) => redis.call(command, ...args) as Promise<RedisReply>,
      }),
    });
    app.get('/me', authenticated, limited, answer);
  } else {
    const consume = flexibleLimiter();
    app.get(
      '/me',
      authenticated,
      (req, res, next) => {
        consume(subjectOf(req), (header, value) => res.setHeader(header, value)).then(() => next(), next);
      },
      answer,
    );
  }
  return { token: '', tokens, listener: app };
}
