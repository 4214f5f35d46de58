import { distributedLimits, memoryLimitStore, type LimitRule } from '@castellan/core/limits';
const window: LimitRule = { kind: 'window', limit: 1e9, windowUs: 60e6 };
const memory = memoryLimitStore();
let calls = 0;
const limits = distributedLimits({ consume: async (c) => { calls++; return memory.consume(c) }, giveBack: () => {} }, { expectedInstances: 8, deadline: '1s' });
const n = Number(process.argv[2] ?? 1);
const names = Array.from({ length: n }, (_, i) => `caller-${i.toString(36).padStart(22, '0')}`);
for (let round = 0; round < 8; round++) {
  const t = performance.now(); const c0 = calls; const N = 1_000_000;
  for (let i = 0; i < N; i++) { const k = names[(i * 7919) % n]!; const a = limits.consume([{ buckets: [{ key: k, partition: k, rule: window, cost: 1 }], times: 1 }]); if (a instanceof Promise) await a; }
  console.log(((performance.now() - t) * 1e6 / N).toFixed(0), 'ns', (calls - c0) / N);
}
