/**
 * Leases in a simulation: by how much eight processes can be made to exceed a limit, and what a caller who does nothing
 * of the kind gets. Time is simulated, so these figures are the same on every machine.
 */
import { hoardingAdversary, leaseWorld } from '../packages/core/src/limits/speeds/lease-world.cases.ts';
import type { Figure } from './measure.ts';

const MAX_ERROR = 0.01;
const MINUTE_US = 60_000_000;

/** The adversary's gain, beside what is promised. */
async function hoarded(instances: number, limit: number, expectedInstances?: number): Promise<number> {
  const rule = { kind: 'window', limit, windowUs: MINUTE_US } as const;
  const world = leaseWorld({ rule, instances, maxError: MAX_ERROR, expectedInstances });
  await hoardingAdversary(world, rule, 2);
  return world.worstExcess();
}

/** A caller whose requests come evenly, by chance, to any of the processes. */
async function paced(instances: number, limit: number, share: number, expectedInstances?: number) {
  const rule = { kind: 'window', limit, windowUs: MINUTE_US } as const;
  const world = leaseWorld({ rule, instances, maxError: MAX_ERROR, expectedInstances, wayMs: 0 });
  let seed = 1;
  const chance = (): number => {
    seed = (Math.imul(seed, 48_271) >>> 0) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const wanted = 3 * limit * share;
  const betweenMs = 60_000 / (limit * share);
  for (let i = 0; i < wanted; i++) {
    await world.check(Math.floor(chance() * instances));
    await world.time.pass(betweenMs * 2 * chance());
  }
  return { passed: world.passed.length / wanted, callsPerCheck: world.far.calls.length / wanted };
}

const figures: Figure[] = [];
for (const [instances, limit, expected] of [
  [1, 10_000, undefined],
  [8, 1000, undefined],
  [8, 1000, 8],
  [8, 10_000, undefined],
  [8, 10_000, 8],
  [8, 50_000, 8],
  [32, 10_000, undefined],
] as const) {
  const excess = await hoarded(instances, limit, expected);
  const told = expected ? `, told that there are ${expected}` : '';
  figures.push({
    name: `hoarding adversary, ${instances} processes${told}, limit ${limit}: excess beside 1 % of the limit + ${instances}`,
    measured: `${excess} too many, of ${limit * MAX_ERROR + instances}`,
    ratio: Math.max(0, excess) / (limit * MAX_ERROR + instances),
    goal: { atMost: 1 },
  });
}
for (const [limit, share, expected] of [
  [10_000, 0.5, undefined],
  [10_000, 0.9, undefined],
  [10_000, 0.9, 8],
  [100_000, 0.9, 8],
] as const) {
  const { passed, callsPerCheck } = await paced(8, limit, share, expected);
  figures.push({
    name: `evenly paced caller at ${share * 100} % of ${limit}, 8 processes${expected ? ' that know it' : ''}: share that passes`,
    measured: `${(passed * 100).toFixed(2)} %, ${callsPerCheck.toFixed(3)} calls per check`,
    ratio: passed,
    goal: { atLeast: 0.94 },
  });
}
console.log(JSON.stringify(figures));
