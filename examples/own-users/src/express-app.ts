import { createGate } from '@castellan/adapter-express';
import { type Castellan, Problem, principalOf, validateBody } from '@castellan/core';
import express, { type Express } from 'express';
import * as z from 'zod';
import type { Users } from './users.ts';

const Credentials = z.strictObject({ email: z.email().max(254), password: z.string().min(12).max(72) });
const NewPassword = Credentials.extend({ new_password: Credentials.shape.password });

/** An app that keeps its users, and lets Castellan keep their sessions. */
export function expressApp(castellan: Castellan, users: Users): Express {
  const app = express();
  const { guard, authRoutes, problems } = createGate(castellan);
  app.use(express.json());

  // refresh, log-out and the list of sessions; register and login stay the app's own
  app.use('/auth', authRoutes);

  app.post('/signup', async (req, res) => {
    const { email, password } = validateBody(Credentials, req.body);
    const user = await users.create(email, password);
    if (!user) throw new Problem('email_taken');
    await castellan.subjects.put({ id: String(user.id) });
    const { headers, body } = await castellan.sessions.start({ subject: String(user.id), amr: ['pwd'], from: req });
    res.status(201).set(headers).json(body);
  });

  app.post('/login', async (req, res) => {
    const { email, password } = validateBody(Credentials, req.body);
    const user = await users.checkPassword(email, password);
    if (!user) throw new Problem('invalid_credentials');
    await castellan.subjects.put({ id: String(user.id) }); // users from before Castellan become known at their next sign-in
    const { headers, body } = await castellan.sessions.start({ subject: String(user.id), amr: ['pwd'], from: req });
    res.set(headers).json(body);
  });

  app.post('/change-password', async (req, res) => {
    const { email, password, new_password } = validateBody(NewPassword, req.body);
    const user = await users.checkPassword(email, password);
    if (!user) throw new Problem('invalid_credentials');
    await users.setPassword(user.id, new_password);
    await castellan.subjects.endAll(String(user.id)); // whoever knew the old one is out
    const { headers, body } = await castellan.sessions.start({ subject: String(user.id), amr: ['pwd'], from: req });
    res.set(headers).json(body);
  });

  app.get('/whoami', guard(), (req, res) => {
    res.json({ user_id: Number(principalOf(req).subject) });
  });

  // an administrator's action in a real app
  app.post('/block-me', guard(), async (req, res) => {
    const { subject } = principalOf(req);
    await users.block(Number(subject));
    await castellan.subjects.disable(subject); // ends all sessions and access tokens at once
    res.status(204).end();
  });

  app.use(problems);
  return app;
}
