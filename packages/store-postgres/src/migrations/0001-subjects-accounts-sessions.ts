import type { Migration } from './migration.ts';

/** Who a session is about, accounts, sessions with their refresh state, and the outbox of revocations. */
export const subjectsAccountsSessions: Migration = {
  name: '0001_subjects_accounts_sessions',
  statements: (s) => [
    `create table ${s}.subject (
  tenant text not null default '',
  id text not null check (length(id) between 1 and 255),
  auth_epoch int not null default 0,   -- + 1: every session and access token of the subject dies
  claims_epoch int not null default 0, -- + 1: access tokens go stale, sessions live on
  tier text,
  disabled_at timestamptz(3),
  primary key (tenant, id)
) with (fillfactor = 90)`,

    `create table ${s}.account (
  id uuid primary key, -- as text the id of its subject
  tenant text not null default '',
  email text not null,
  email_key text not null, -- normalised by the library
  email_verified_at timestamptz(3),
  username text,
  password_hash text,
  password_changed_at timestamptz(3),
  failed_logins smallint not null default 0,
  locked_until timestamptz(3),
  display_name text,
  avatar_url text,
  bio text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3)
) with (fillfactor = 90)`,
    `create unique index account_email on ${s}.account (tenant, email_key) where deleted_at is null`,

    `create table ${s}.session (
  id uuid primary key,
  tenant text not null default '',
  subject text not null,
  user_epoch int not null,
  gen int not null default 0,
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  leaf_kid smallint not null,
  leaf_nonce bytea check (octet_length(leaf_nonce) = 32), -- null for generation 0 and after a re-stamp
  leaf_at timestamptz not null,  -- birth of this instance of the leaf; a replay never moves it
  confirmed_at timestamptz,      -- first use of the leaf: its access token, or itself
  parent_hash bytea check (octet_length(parent_hash) = 32),
  attempt_hash bytea check (octet_length(attempt_hash) = 32),
  replays smallint not null default 0,
  foreign_replay boolean not null default false,
  sharing smallint not null default 0, -- generations running with a replay from another address or agent
  created_at timestamptz(3) not null,
  last_used_at timestamptz(3) not null,
  idle_expires_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  revoke_reason smallint,
  transport smallint not null default 0,
  pop_jkt text,
  aal smallint not null default 1,
  amr text[] not null default '{}',
  auth_time timestamptz(3) not null,
  ip inet,         -- of the last rotation, like the next
  user_agent text,
  foreign key (tenant, subject) references ${s}.subject on delete restrict
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02)`,
    // no index on a column that a refresh changes: its updates stay HOT
    `create index session_live on ${s}.session (tenant, subject, id desc) where revoked_at is null`,
    `create index session_subject on ${s}.session (tenant, subject)`,
    `create index session_expires on ${s}.session (expires_at)`,

    `create table ${s}.revocation (
  id bigint generated always as identity primary key,
  tx xid8 not null default pg_current_xact_id(),
  at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  tenant text not null default '',
  kind smallint not null check (kind between 0 and 3), -- 0 jti, 1 session, 2 auth epoch, 3 claims epoch
  key text not null,
  epoch int
)`,
    `create index revocation_order on ${s}.revocation (tx, id)`,
    `create index revocation_key on ${s}.revocation (tenant, kind, key)`,
    `create index revocation_expires on ${s}.revocation (expires_at)`,
  ],
};
