import type { Rewriting } from './rewriting-pool.ts';

/** What the statement of the state table can be told by. */
const refresh = ['audit_ordinary', 'for no key update of s'];

/** Flaws that are a slip in one of our own statements, each with the case that must catch it. */
export const flaws: readonly {
  readonly flaw: string;
  readonly rewriting: Rewriting;
  readonly caughtBy: string;
}[] = [
  {
    flaw: 'a refresh that does not lock the row',
    rewriting: { statement: refresh, from: 'for no key update of s', to: '' },
    caughtBy: 'refresh: of 20 racers with one token exactly one rotates, and all others get its successor',
  },
  {
    flaw: 'a refresh that reads the clock before it waits for the row',
    rewriting: {
      statement: refresh,
      from: /clock_timestamp\(\)(\)::timestamptz\(3\) as now from cur)/,
      to: 'statement_timestamp()$1',
    },
    caughtBy: 'refresh: the clock is read after the wait for the row: a window that closed meanwhile is closed',
  },
  {
    flaw: 'a replay that moves the birth of the leaf',
    rewriting: {
      statement: refresh,
      from: "leaf_at = case when d.outcome in ('rotate', 'reissue')",
      to: "leaf_at = case when d.outcome in ('rotate', 'reissue', 'replay')",
    },
    caughtBy: 'refresh: a replay never moves the window of the leaf: it ends exactly C after the rotation',
  },
  {
    flaw: 'a revoke that does not ask for the owner',
    rewriting: {
      statement: ['as owner', 'for no key update of s'],
      from: 'and (p.owner is null or s.subject = p.owner)',
      to: '',
    },
    caughtBy: 'revoke: a session of somebody else is not found and lives on',
  },
  {
    flaw: 'a start without the fence',
    rewriting: {
      statement: ['as fence', 'on conflict (id) do nothing'],
      from: 'and (p.fence is null or u.auth_epoch = p.fence)',
      to: '',
    },
    caughtBy: 'start: a start behind a fence that moved is refused and writes nothing',
  },
];
