import type { Migration } from './migration.ts';

/** The audit log: no foreign keys, so that it is appended fast and outlives what it names. Months are made ahead by the janitor. */
export const audit: Migration = {
  name: '0002_audit',
  statements: (s) => [
    `create table ${s}.audit_event (
  id uuid not null,
  tx xid8 not null default pg_current_xact_id(),
  at timestamptz(3) not null,
  tenant text not null default '',
  actor text,
  action text not null,
  target_kind text,
  target text,
  outcome smallint not null default 0, -- 0 success, 1 failure
  ip inet,
  user_agent text,
  request_id text,
  meta jsonb,
  primary key (id, at)
) partition by range (at)`,
    `create table ${s}.audit_event_default partition of ${s}.audit_event default`,
    `create index audit_time on ${s}.audit_event (tenant, at desc, id desc)`,
    `create index audit_actor on ${s}.audit_event (tenant, actor, at desc, id desc)`,
    `create index audit_action on ${s}.audit_event (tenant, action, at desc, id desc)`,
    `create index audit_order on ${s}.audit_event (tx, id)`,
  ],
};
