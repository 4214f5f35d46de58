import http from 'node:http';
import { type Castellan, createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';

/** Castellan on memory stores and an access token of one subject. */
export async function startCastellan(): Promise<{ readonly castellan: Castellan; readonly token: string }> {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
  });
  await castellan.start();
  await castellan.subjects.put({ id: 'ada' });
  const from = new http.IncomingMessage(null as never);
  const { body } = await castellan.sessions.start({ subject: 'ada', from });
  return { castellan, token: (body as { readonly access_token: string }).access_token };
}
