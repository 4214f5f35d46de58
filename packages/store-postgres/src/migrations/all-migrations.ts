import { subjectsAccountsSessions } from './0001-subjects-accounts-sessions.ts';
import { audit } from './0002-audit.ts';
import { oneTimeTokensKeysLimitsMail } from './0003-one-time-tokens-keys-limits-mail.ts';
import type { Migration } from './migration.ts';

/** Every step, in order. A static list: bundlers carry it, and no folder is read. */
export const allMigrations: readonly Migration[] = [subjectsAccountsSessions, audit, oneTimeTokensKeysLimitsMail];
