import type { IncomingHttpHeaders } from 'node:http';
import { fromUtf8, parseJson } from '../kernel/index.ts';
import type { Endpoint } from './endpoint.ts';
import type { RequestBody } from './exchange.ts';
import { mediaType } from './media-type.ts';
import { parseForm } from './parse-form.ts';
import { Problem } from './problem.ts';

/** Body types of an endpoint. */
export type BodyKind = NonNullable<Endpoint['body']>[number];

const KINDS: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'application/csp-report': 'csp-report',
  'application/reports+json': 'reports',
};

/**
 * Which of the accepted kinds a request's headers announce.
 *
 * @throws Problem `unsupported_media_type`: another type, no type, a charset besides UTF-8, a content coding
 */
export function bodyKind(headers: IncomingHttpHeaders, accept: readonly BodyKind[]): BodyKind {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== '' && coding !== 'identity')
    // RFC 9110 section 12.5.3: say which codings would do
    throw new Problem('unsupported_media_type', {
      detail: 'Send the body unencoded.',
      headers: { 'accept-encoding': 'identity' },
    });
  const media = mediaType(headers['content-type']);
  const kind = media && KINDS[media.type];
  if (!kind || !accept.includes(kind))
    throw new Problem('unsupported_media_type', { detail: `Send the body as ${accept.map(typeOf).join(' or ')}.` });
  if (media.charset !== undefined && media.charset !== 'utf-8' && media.charset !== 'utf8')
    throw new Problem('unsupported_media_type', { detail: 'Send the body in UTF-8.' });
  return kind;
}

/**
 * Parses the bytes of a body. No bytes are no body: `value` is `undefined`.
 *
 * @throws Problem `malformed_body`: no UTF-8, a byte-order mark, broken syntax, a member or field given twice
 */
export function parseBody(raw: Uint8Array, kind: BodyKind): RequestBody {
  if (raw.byteLength === 0) return { value: undefined, raw };
  const text = fromUtf8(raw);
  if (text === undefined) throw new Problem('malformed_body', { detail: 'The body is not valid UTF-8.' });
  const parsed = kind === 'form' ? parseForm(text) : parseJson(text);
  if ('value' in parsed) return { value: parsed.value, raw };
  const detail =
    parsed.refused === 'syntax'
      ? `The body is no valid ${kind === 'form' ? 'form' : 'JSON'}.`
      : 'The body names one member twice.';
  throw new Problem('malformed_body', { detail });
}

function typeOf(kind: BodyKind): string {
  return Object.keys(KINDS).find((type) => KINDS[type] === kind) ?? kind;
}
