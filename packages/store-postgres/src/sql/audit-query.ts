import type { AuditEvent, AuditPosition, AuditQuery } from '@castellan/core/audit';
import { readInt, readJson, readMs, readText, readTextOrNull } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { clock, interval } from './fragments.ts';

interface Filter {
  isGiven(query: AuditQuery): boolean;
  /** The predicate, of as many parameters as {@link values} gives. */
  text(...parameters: readonly string[]): string;
  values(query: AuditQuery): readonly BindValue[];
}

/** Each set of given filters is a text of its own, so that each gets the plan and the index that it needs. */
const FILTERS: readonly Filter[] = [
  {
    isGiven: ({ actor }) => actor !== undefined,
    text: (actor) => `e.actor = ${actor}::text`,
    values: ({ actor = null }) => [actor],
  },
  {
    isGiven: ({ action }) => action !== undefined,
    text: (action) => `e.action = ${action}::text`,
    values: ({ action = null }) => [action],
  },
  {
    isGiven: ({ outcome }) => outcome !== undefined,
    text: (outcome) => `e.outcome = ${outcome}::smallint`,
    values: ({ outcome }) => [outcome === 'success' ? 0 : 1],
  },
  {
    isGiven: ({ target }) => target !== undefined,
    text: (target) => `e.target = ${target}::text`,
    values: ({ target = null }) => [target],
  },
  {
    isGiven: ({ hideRefreshesMs }) => hideRefreshesMs !== undefined,
    text: (hide, now) =>
      `not (e.action = 'user.refresh' and e.outcome = 0 and ${clock(`${now}::timestamptz`)} - e.at < ${interval(`${hide}::float8`)})`,
    values: ({ hideRefreshesMs = 0, now }) => [hideRefreshesMs, boundNow(now)],
  },
];

/** A query, ready to be sent. */
export interface PreparedAuditQuery {
  readonly statement: Statement;
  readonly values: readonly BindValue[];
}

/** Prepares queries: at most 32 statements, each made when it is first asked for. */
export function auditQueryStatements(s: string): (query: AuditQuery) => PreparedAuditQuery {
  const made = new Map<string, Statement>();
  return (query) => {
    const given = FILTERS.filter((filter) => filter.isGiven(query));
    const values: BindValue[] = [...pageValues(query)];
    let predicates = '';
    for (const filter of given) {
      const own = filter.values(query);
      predicates += `  and ${filter.text(...own.map((_, index) => `$${values.length + index + 1}`))}\n`;
      values.push(...own);
    }
    const known = made.get(predicates) ?? statement(auditQueryText(s, predicates));
    made.set(predicates, known);
    return { statement: known, values };
  };
}

/** Keyset pages by (at, id): the same cost on every page. The bounds of time always stand, so that months are pruned. */
function auditQueryText(s: string, predicates: string): string {
  return `select e.id::text as id, e.at, e.tenant, e.actor, e.action, e.target_kind, e.target, e.outcome, host(e.ip) as ip,
  e.user_agent, e.request_id, e.meta
from ${s}.audit_event e
where e.tenant = $1::text and e.at >= $2::timestamptz and e.at < $3::timestamptz and (e.at, e.id) < ($4::timestamptz, $5::uuid)
${predicates}order by e.at desc, e.id desc
limit $6::bigint`;
}

/** A place before every row. */
const NEWEST = ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'] as const;

/** One row more than asked for tells whether there is more. */
function pageValues({ tenant, from, to, before, limit }: AuditQuery): readonly BindValue[] {
  const [at, id] = before ? [boundNow(before.at), boundId(before.id)] : NEWEST;
  return [tenant, boundNow(from) ?? '-infinity', boundNow(to) ?? 'infinity', at, id, limit + 1];
}

/** A row of the statements. */
export interface AuditRow {
  readonly id: unknown;
  readonly at: unknown;
  readonly tenant: unknown;
  readonly actor: unknown;
  readonly action: unknown;
  readonly target_kind: unknown;
  readonly target: unknown;
  readonly outcome: unknown;
  readonly ip: unknown;
  readonly user_agent: unknown;
  readonly request_id: unknown;
  readonly meta: unknown;
}

export function readAuditPage(
  rows: readonly AuditRow[],
  limit: number,
): { readonly events: readonly AuditEvent[]; readonly next: AuditPosition | null } {
  const events = rows.slice(0, limit).map(readAuditEvent);
  const last = rows.length > limit ? events.at(-1) : undefined;
  return { events, next: last ? { at: last.at, id: last.id } : null };
}

function readAuditEvent(row: AuditRow): AuditEvent {
  return {
    id: readText(row.id),
    at: readMs(row.at),
    tenant: readText(row.tenant),
    actor: readTextOrNull(row.actor),
    action: readText(row.action),
    targetKind: readTextOrNull(row.target_kind),
    target: readTextOrNull(row.target),
    outcome: readInt(row.outcome) === 0 ? 'success' : 'failure',
    origin: {
      ip: readTextOrNull(row.ip),
      userAgent: readTextOrNull(row.user_agent),
      requestId: readTextOrNull(row.request_id),
    },
    meta: readJson(row.meta) as AuditEvent['meta'], // written by the audit slice from exactly this type
  };
}
