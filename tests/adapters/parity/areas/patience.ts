import { type ParityExchange, scripted } from '../exchange.ts';
import type { ParityApp } from '../parity-app.ts';

const routes = ['plain', 'seen'] as const;
const auditsOf = (route: (typeof routes)[number]): number => (route === 'seen' ? 1 : 0);

/** Sources that fail half way: what has come is there, the rest never comes, and nobody takes it for the whole. */
export const failingSources: readonly ParityExchange[] = routes.flatMap((route) =>
  (['stream-half', 'stream-half-length'] as const).map((name) =>
    scripted(
      `${name}, ${route}`,
      async (app) => {
        const line = await app.line();
        line.write({ target: `/${route}/${name}` });
        // with a length the last chunk is held back until the audit row is there
        if (route === 'plain' || name !== 'stream-half-length') await line.until('abc');
        else await line.until('\r\n\r\n');
        app.stage.release();
        return [await line.answer()];
      },
      { audits: auditsOf(route), lines: 1 },
    ),
  ),
);

/** Heads that leave before their body, handlers that take their time. */
export const slow: readonly ParityExchange[] = routes.flatMap((route) => [
  scripted(
    `flushed, ${route}`,
    async (app) => {
      const line = await app.line();
      line.write({ target: `/${route}/flushed` });
      await line.until('\r\n\r\n');
      app.stage.release();
      return [await line.answer()];
    },
    { audits: auditsOf(route), lines: 1 },
  ),
  scripted(
    `slow, ${route}`,
    async (app) => {
      const before = app.stage.ran.length;
      const line = await app.line();
      line.write({ target: `/${route}/slow` });
      await app.stage.untilRan(before + 1);
      app.stage.release();
      return [await line.answer()];
    },
    { audits: auditsOf(route), lines: 1 },
  ),
]);

/** Sends a request and goes away as soon as its handler runs. */
async function leaveDuring(app: ParityApp, target: string): Promise<void> {
  const before = app.stage.ran.length;
  const line = await app.line();
  line.write({ target });
  await app.stage.untilRan(before + 1);
  line.drop();
}

/** Clients that disconnect: what the audit and the log say of them. */
export const disconnects: readonly ParityExchange[] = [
  ...routes.map((route) =>
    scripted(
      `during the handler, which answers later, ${route}`,
      async (app) => {
        await leaveDuring(app, `/${route}/slow`);
        await app.untilLogged(); // the server has seen it
        app.stage.release();
        return [];
      },
      { audits: auditsOf(route), lines: 1 },
    ),
  ),
  scripted(
    'during the handler: the log says so',
    async (app) => {
      await leaveDuring(app, '/plain/never');
      return [];
    },
    { lines: 1 },
  ),
  ...routes.map((route) =>
    scripted(
      `during a stream, ${route}`,
      async (app) => {
        const line = await app.line();
        line.write({ target: `/${route}/flushed` });
        await line.until('\r\n\r\n');
        line.drop();
        await app.untilLogged();
        app.stage.release();
        return [];
      },
      { audits: auditsOf(route), lines: 1 },
    ),
  ),
  scripted(
    'in the middle of a body that is read',
    async (app) => {
      const line = await app.line();
      line.write(
        'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"total"',
      );
      await app.untilMet();
      line.drop();
      return [];
    },
    { audits: 1, lines: 1 },
  ),
  scripted(
    'in the middle of a body that an endpoint reads',
    async (app) => {
      const line = await app.line();
      line.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email"',
      );
      await app.untilMet();
      line.drop();
      return [];
    },
    { lines: 1 },
  ),
  scripted(
    'before the handler: while the guards wait',
    async (app) => {
      const line = await app.line();
      line.write({ target: '/guard/waits' });
      await app.untilMet();
      line.drop();
      await app.untilLogged();
      app.stage.release();
      return [];
    },
    { audits: 1, lines: 1 },
  ),
];
