/** How many call a limited app. */
export const CALLERS = Number(process.env['BENCH_CALLERS'] ?? 10_000);

/** What callers are known by where nobody verifies it, as keys of an API that a proxy has checked. */
export const KEYS: readonly string[] = Array.from({ length: CALLERS }, (_, i) => `key-of-caller-${i}`);

/** No request is refused: a refusal would be answered from the deny cache. Of the busiest caller it is a tenth. */
export const LIMIT = 10_000_000;
export const WINDOW_MS = 60_000;

/** What a limited answer tells, as text that is there already: what an app of these headers alone reaches is the floor. */
export const HEADERS: Readonly<Record<string, string>> = {
  'RateLimit-Policy': `"default";q=${LIMIT};w=${WINDOW_MS / 1000}`,
  RateLimit: `"default";r=${LIMIT - 1234};t=62`,
  'X-RateLimit-Limit': String(LIMIT),
  'X-RateLimit-Remaining': String(LIMIT - 1234),
  'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + 62),
};

/** Makes draws by Zipf's law, exponent 1, of callers from 0: a few come often, most of them seldom. */
export function zipf(callers: number): () => number {
  const sums: number[] = [];
  for (let i = 0; i < callers; i++) sums.push((sums.at(-1) ?? 0) + 1 / (i + 1));
  return () => {
    const wanted = Math.random() * (sums.at(-1) ?? 1);
    let low = 0;
    let high = callers - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
