import { createGate } from '@castellan/adapter-express';
import express, { type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { HEADERS, KEYS, LIMIT, WINDOW_MS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { isCastellan, startLimited } from './limited-castellan.ts';
import { flexibleLimiter } from './limited-peers.ts';
import { benchRedis } from './redis.ts';

const keyOf = (req: Request): string => req.headers.authorization ?? '';

/** One limited Express app by its name. */
export async function limitedExpress(name: string): Promise<Contestant> {
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');
  const answer = (_req: unknown, res: Response): void => {
    res.json({ sub: 'ada' });
  };
  if (name === 'headers') {
    app.get('/me', (req, res) => {
      for (const header in HEADERS) res.setHeader(header, HEADERS[header] as string);
      answer(req, res);
    });
    return { token: '', listener: app };
  }
  if (isCastellan(name)) {
    const { castellan, policy, tokens, outages } = await startLimited(name);
    const { guard, problems } = createGate(castellan);
    app.get('/me', guard(policy), answer);
    app.use(problems);
    return { token: '', tokens, listener: app, outages };
  }
  if (name === 'express-rate-limit') {
    const redis = benchRedis();
    const limited = rateLimit({
      windowMs: WINDOW_MS,
      limit: LIMIT,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: keyOf,
      store: new RedisStore({
        sendCommand: (command: string, ...args: string[]) => redis.call(command, ...args) as Promise<RedisReply>,
      }),
    });
    app.get('/me', limited, answer);
  } else {
    const consume = flexibleLimiter();
    const limited = (req: Request, res: Response, next: (error?: unknown) => void): void => {
      consume(keyOf(req), (header, value) => res.setHeader(header, value)).then(() => next(), next);
    };
    app.get('/me', limited, answer);
  }
  return { token: '', tokens: KEYS, listener: app };
}
