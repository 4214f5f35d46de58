import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { ownDatabase } from '../support/own-database.ts';
import { freePort } from '../support/service.ts';
import { type Child, startProgram } from './child.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, '.tmp', 'getting-started');

/** The program below a heading of the guide. */
function programOf(heading: string): string {
  const guide = fs.readFileSync(path.join(root, 'docs/getting-started.md'), 'utf8');
  const program = guide.split(`\n### ${heading}\n`)[1]?.match(/^```ts\n([\s\S]*?)^```$/m)?.[1];
  if (!program) throw new Error(`the guide has no program for ${heading}`);
  return program;
}

let database: Awaited<ReturnType<typeof ownDatabase>>;
let child: Child | undefined;
beforeAll(async () => {
  fs.mkdirSync(folder, { recursive: true });
  database = await ownDatabase(inject('postgresUrl'));
  const cli = path.join(root, 'packages/store-postgres/src/cli/castellan-postgres.ts');
  const env = { ...process.env, DATABASE_URL: database.url };
  execFileSync(process.execPath, ['--conditions=@castellan/source', cli, 'migrate'], { env });
});
afterEach(async () => {
  child?.process.kill('SIGKILL');
  await child?.exit;
});
afterAll(() => database.drop());

describe.each(['Express', 'Fastify', 'Koa'])('the guide’s program for %s', (heading) => {
  test('registers, lets in who has a token, and refuses who has none', async () => {
    const file = path.join(folder, `${heading.toLowerCase()}.ts`);
    fs.writeFileSync(file, programOf(heading));
    const port = await freePort();
    child = startProgram(file, [], {
      PORT: String(port),
      DATABASE_URL: database.url,
      CASTELLAN_KEYS: await generateKeys(),
      CASTELLAN_PEPPERS: generatePepper(),
    });
    await child.prints(/listening/);
    const call = async (route: string, body?: object, token?: string) => {
      const response = await fetch(`http://localhost:${port}${route}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const email = `${heading.toLowerCase()}@example.com`;
    const registered = await call('/auth/register', { email, password: 'correct horse battery' });
    expect(registered.status).toBe(201);
    const token = String(registered.body['access_token']);
    expect(await call('/notes', { text: 'hello' }, token)).toEqual({ status: 201, body: { notes: ['hello'] } });
    expect(await call('/notes', undefined, token)).toEqual({ status: 200, body: { notes: ['hello'] } });
    expect(await call('/notes')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(await call('/notes', { text: 1 }, token)).toMatchObject({
      status: 422,
      body: { code: 'validation_failed', fields: [{ pointer: '/text' }] },
    });
    expect(await call('/health')).toMatchObject({ status: 200, body: { ok: true } });
  });
});
