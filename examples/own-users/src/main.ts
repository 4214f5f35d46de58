import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { openOwnUsersApp } from './own-users-app.ts';

const port = Number(process.env['PORT'] ?? 3000);
const issuer = `http://127.0.0.1:${port}`;
// keys of a moment: with an in-memory database nothing outlives the process anyway
const own = await openOwnUsersApp({ issuer, keys: await generateKeys(), peppers: generatePepper() });
const server = own.app.listen(port, '127.0.0.1', () => {
  console.log(`An app with its own users: ${issuer}
  curl -s ${issuer}/signup -H 'content-type: application/json' -d '{"email":"ada@example.com","password":"correct horse battery"}'
  curl -s ${issuer}/whoami -H "authorization: Bearer $ACCESS"`);
});
// docs/operations.md has the recipe for an app behind a balancer
const stop = (): void => {
  setTimeout(() => server.closeAllConnections(), 20_000).unref(); // who is not done by then is cut
  setTimeout(() => process.exit(1), 29_000).unref(); // whatever hangs
  server.close(() => void own.stop());
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
