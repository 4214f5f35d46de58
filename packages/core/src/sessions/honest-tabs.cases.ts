import { type SessionScene, T0 } from './session-scene.cases.ts';

/** One round of a tab: pause, read the jar, refresh, and perhaps call the API with what the jar holds then. */
interface HonestRound {
  readonly pauseMs: number;
  /** From sending to the store's step. */
  readonly wayMs: number;
  /** From there to the answer's arrival. */
  readonly backMs: number;
  readonly lost: 'nothing' | 'request' | 'answer';
  readonly uses: boolean;
  /** A key of the tab's own for all its attempts, one for each round, or none. */
  readonly attempt: 'of the tab' | 'of the round' | 'none';
}
export type HonestTab = readonly HonestRound[];

/** An exchange takes at most twice this: C is 10 s, so it ends within half of it, as the defaults have it. */
export const HONEST_MS: { readonly way: number } = { way: 2_450 };
/** When a client stops waiting, ms after sending. */
const GIVES_UP_MS = 4_900;
const FOREVER = 1_000 * 86_400_000;

/**
 * Plays tabs that share one cookie jar, each sending one refresh at a time, over a network that delays, reorders and
 * loses. Each reads the jar before it sends and writes it when an answer holds another token than it sent.
 *
 * @returns everything that an honest client must never be told
 */
export async function honestTabs(s: SessionScene, tabs: readonly HonestTab[]): Promise<readonly string[]> {
  s.alter({ idleExpiresAt: T0 + FOREVER, expiresAt: T0 + FOREVER });
  const complaints: string[] = [];
  const due: { readonly at: number; readonly order: number; readonly run: () => Promise<void> }[] = [];
  let jar = 'R0';
  let order = 0;
  const after = (at: number, run: () => Promise<void>): void => {
    due.push({ at, order: ++order, run });
    due.sort((a, b) => a.at - b.at || a.order - b.order);
  };

  const round = (tab: number, nth: number, from: number): void => {
    const r = tabs[tab]?.[nth];
    if (!r) return;
    const sentAt = from + r.pauseMs;
    const next = (at: number): void => {
      after(at, async () => {
        if (r.uses) {
          const used = await s.use(jar, { at });
          if (used !== 'accept') complaints.push(`tab ${tab} used ${jar}: ${used}`);
        }
        round(tab, nth + 1, at);
      });
    };
    after(sentAt, async () => {
      const token = jar;
      if (r.lost === 'request') return next(sentAt + GIVES_UP_MS);
      after(sentAt + r.wayMs, async () => {
        const attempt = { 'of the tab': `tab ${tab}`, 'of the round': `tab ${tab} round ${nth}`, none: undefined }[
          r.attempt
        ];
        const at = sentAt + r.wayMs;
        const idleMs = [FOREVER, FOREVER, FOREVER] as const;
        const answer = await s.refresh(token, `T${tab}.${nth}`, { at, idleMs, ...(attempt && { attempt }) });
        const held = s.held(answer);
        if (held === undefined && answer.outcome !== 'busy')
          complaints.push(`tab ${tab} sent ${token}: ${answer.outcome}`);
        if (r.lost === 'answer') return next(sentAt + GIVES_UP_MS);
        after(at + r.backMs, async () => {
          if (held !== undefined && held !== token) jar = held;
          next(at + r.backMs);
        });
      });
    });
  };

  for (const tab of tabs.keys()) round(tab, 0, 0);
  for (let event = due.shift(); event; event = due.shift()) await event.run();
  return complaints;
}
