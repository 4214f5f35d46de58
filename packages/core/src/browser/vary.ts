import type { Headers } from '../http/index.ts';

/** Adds names to `Vary` of an answer (RFC 9110 section 12.5.5), each once. */
export function addVary(headers: Headers, ...names: readonly string[]): void {
  const present = String(headers['vary'] ?? '');
  const known = present.toLowerCase().split(/ *, */);
  const missing = names.filter((name) => !known.includes(name.toLowerCase()));
  if (missing.length > 0 && present !== '*') headers['vary'] = [present, ...missing].filter(Boolean).join(', ');
}
