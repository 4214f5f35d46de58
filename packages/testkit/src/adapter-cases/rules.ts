import assert from 'node:assert/strict';
import type { AdapterException, AdapterHarness } from './adapter-harness.ts';
import type { Answer } from './wire/answer.ts';

/** A rule, as `casesOf` takes it. */
export type Rule = (harness: AdapterHarness) => Promise<void>;

/**
 * A rule that a framework may break. Where the harness says so it is turned round: what happens instead is asserted, so
 * that an exception ends with its reason.
 */
export function unless(exception: AdapterException, rule: Rule, instead: Rule): Rule {
  return (harness) => (harness.exceptions?.[exception] === undefined ? rule(harness) : instead(harness));
}

/** A problem's members. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly fields?: readonly { readonly pointer: string }[];
  readonly request_id: string;
}

/** Reads a problem, and asserts what every problem has. */
export function problemIn(answer: Answer): ProblemBody {
  const { status, headers, body, cut } = answer;
  assert.equal(headers['content-type']?.join(), 'application/problem+json', `no problem but ${shortly(answer)}`);
  assert.equal(cut, false, 'the problem is cut');
  const problem = JSON.parse(body.toString()) as ProblemBody;
  assert.equal(problem.status, status, 'another status in the body');
  assert.deepEqual(headers['x-request-id'], [problem.request_id], 'another request id in the header');
  assert.deepEqual(headers['cache-control'], ['no-store'], 'a problem may be stored');
  return problem;
}

/** Reads an answer's JSON. */
export function jsonIn(answer: Answer): unknown {
  assert.equal(answer.cut, false, `cut: ${shortly(answer)}`);
  return JSON.parse(answer.body.toString());
}

/** The first line and what follows, for messages. */
export function shortly({ raw }: Answer): string {
  return JSON.stringify(raw.toString('latin1', 0, 600));
}

/** What is compared of two answers that should be the same: not when they were sent, and not how they were framed. */
export function essence({ status, reason, headers, body, cut }: Answer): object {
  const fields = Object.entries(headers).filter(([name]) => !FRAMING.has(name));
  return { status, reason, fields: Object.fromEntries(fields), body: body.toString('latin1'), cut };
}

const FRAMING = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'x-request-id']);
