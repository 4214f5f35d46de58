import { addresses, trustProxy } from './areas/addresses.ts';
import { answers, heads } from './areas/answers.ts';
import { bodies, endpointBodies, parsedBodies } from './areas/bodies.ts';
import { cors, csrf, hosts, securityHeaders } from './areas/browser.ts';
import { compression } from './areas/compression.ts';
import { endpoints } from './areas/endpoints.ts';
import { guards } from './areas/guards.ts';
import { limits } from './areas/limits.ts';
import { disconnects, failingSources, slow } from './areas/patience.ts';
import { keepAlive, refusals, refusedBodies } from './areas/refusals.ts';
import {
  absoluteForm,
  doubleEncoded,
  doubleSlashes,
  duplicateHeaders,
  expectContinue,
  longHeaders,
  percentEncoding,
  pipelining,
  trailingSlashes,
} from './areas/wire.ts';
import type { ParityExchange } from './exchange.ts';

/** Everything that is played, by what it is about. */
export const areas: Readonly<Record<string, readonly ParityExchange[]>> = {
  ...answers,
  HEAD: heads,
  'every refusal of the lifecycle': refusals,
  'a body sent although it was refused': refusedBodies,
  'keep-alive after a refusal': keepAlive,
  'guards of the app': guards,
  'a source that fails half way': failingSources,
  'heads that leave first, handlers that take their time': slow,
  'a client that disconnects': disconnects,
  'duplicate headers': duplicateHeaders,
  'very long headers': longHeaders,
  'malformed percent-encoding': percentEncoding,
  'double-encoded paths': doubleEncoded,
  '//path and its like': doubleSlashes,
  'trailing slashes': trailingSlashes,
  'absolute-form targets': absoluteForm,
  'Expect: 100-continue': expectContinue,
  pipelining,
  'IPv6 and mapped addresses': addresses,
  'trust-proxy and forged X-Forwarded-For': trustProxy,
  'bodies that a policy looks at': bodies,
  "bodies that the app's parser has read": parsedBodies,
  'bodies of endpoints': endpointBodies,
  'mounted endpoints': endpoints,
  limits,
  'compression before and after us': compression,
  CORS: cors,
  hosts,
  'security headers': securityHeaders,
  'cookies and CSRF': csrf,
};
