import { createGate } from '@castellan/adapter-express';
import { principalOf } from '@castellan/core';
import express, { type Express } from 'express';
import { expressjwt } from 'express-jwt';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { startCastellan } from './castellan.ts';
import type { Contestant } from './contestant.ts';
import { peerToken, secret } from './peer-token.ts';

function app(routes: (app: Express) => void): Express {
  const made = express();
  made.set('etag', false);
  made.disable('x-powered-by');
  routes(made);
  return made;
}

/** One Express app by its name. */
export async function expressContestant(name: string): Promise<Contestant> {
  if (name === 'bare')
    return {
      token: '',
      listener: app((made) =>
        made.get('/me', (_req, res) => {
          res.json({ sub: 'ada' });
        }),
      ),
    };
  if (name === 'castellan') {
    const { castellan, token } = await startCastellan();
    const { guard, problems } = createGate(castellan);
    const listener = app((made) => {
      made.get('/me', guard(), (req, res) => {
        res.json({ sub: principalOf(req).subject });
      });
      made.use(problems);
    });
    return { token, listener };
  }
  const { token, expected } = await peerToken();
  if (name === 'express-jwt') {
    const listener = app((made) =>
      made.get('/me', expressjwt({ secret, algorithms: ['HS256'], ...expected }), (req, res) => {
        res.json({ sub: (req as unknown as { auth: { sub: string } }).auth.sub });
      }),
    );
    return { token, listener };
  }
  passport.use(
    new Strategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: secret,
        algorithms: ['HS256'],
        ...expected,
      },
      (payload: { sub: string }, done: (error: unknown, user: object) => void) => done(null, payload),
    ),
  );
  const listener = app((made) =>
    made.get('/me', passport.authenticate('jwt', { session: false }), (req, res) => {
      res.json({ sub: (req as unknown as { user: { sub: string } }).user.sub });
    }),
  );
  return { token, listener };
}
