import type { Migration } from './migration.ts';

/** One-time tokens, idempotency keys, rate limits and the outbox of mails. */
export const oneTimeTokensKeysLimitsMail: Migration = {
  name: '0003_one_time_tokens_keys_limits_mail',
  statements: (s) => [
    `create table ${s}.one_time_token (
  hash bytea primary key check (octet_length(hash) = 32),
  purpose text not null,
  tenant text not null default '',
  account uuid references ${s}.account on delete cascade,
  sent_to text,
  payload jsonb,
  attempts smallint not null default 0,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  consumed_at timestamptz(3)
)`,
    `create index one_time_token_account on ${s}.one_time_token (account, purpose) where consumed_at is null`,
    `create index one_time_token_expires on ${s}.one_time_token (expires_at)`,

    `create table ${s}.idempotency_key (
  hash bytea primary key check (octet_length(hash) = 32), -- of tenant, principal, method, route and key
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  state smallint not null default 0 check (state in (0, 1)),
  owner uuid not null,
  attempt int not null default 1,
  lease_until timestamptz(3) not null,
  status smallint,
  headers jsonb,
  body bytea,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)`,
    `create index idempotency_key_expires on ${s}.idempotency_key (expires_at)`,

    `create unlogged table ${s}.rate_limit (
  key bytea primary key,
  tat timestamptz,
  slots bigint[],
  expires_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,

    `create table ${s}.mail (
  id uuid primary key,
  tenant text not null default '',
  dedupe_key text unique,
  kind text not null,
  to_address text not null,
  payload bytea not null,
  attempts smallint not null default 0,
  available_at timestamptz(3) not null,
  owner uuid,
  last_error text,
  created_at timestamptz(3) not null,
  sent_at timestamptz(3),
  provider_message_id text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)`,
    `create index mail_due on ${s}.mail (available_at, id) where sent_at is null`,
  ],
};
