/** What the whole pipeline costs in process for a protected GET: exchange, front, guards, way out. */
import type http from 'node:http';
import { type Figure, inTurns, median, nsPerCall } from './measure.ts';
import { startCastellan } from './passage/castellan.ts';

const { castellan, token } = await startCastellan();
const policy = castellan.http.compile({});
const headers: http.IncomingHttpHeaders = { authorization: `Bearer ${token}`, host: 'api.example.com' };
const CALLS = 200_000;
const passage = (): number =>
  nsPerCall(CALLS, () => {
    for (let call = 0; call < CALLS; call++) {
      const exchange = castellan.http.exchange({
        method: 'GET',
        target: '/me',
        route: '/me',
        headers,
        ip: '192.0.2.1',
        arrivedAt: performance.now(),
        gone: false,
      });
      if (castellan.http.front(exchange)) throw new Error('refused at the front');
      const way = castellan.http.open(policy, exchange);
      if (way.head() !== undefined || exchange.context.principal?.subject !== 'ada') throw new Error('not let in');
      way.leave({ status: 200, headers: {}, body: '{}' });
    }
  });
await castellan.http.open(policy, castellan.http.exchange(requestOf())).head();
const results = await inTurns(9, { passage });
const us = median(results['passage'] ?? []) / 1000;
const figures: Figure[] = [
  { name: 'the pipeline in process, µs', measured: `${CALLS} calls, 9 rounds`, ratio: us, goal: { atMost: 5 } },
];
console.log(JSON.stringify(figures));
await castellan.stop();

function requestOf() {
  return { method: 'GET', target: '/me', route: '/me', headers, ip: '192.0.2.1', arrivedAt: 0, gone: false };
}
