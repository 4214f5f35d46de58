import { afterEach, describe, expect, test, vi } from 'vitest';
import { jsonLogger } from './json-logger.ts';

afterEach(() => void vi.restoreAllMocks());

/** A logger whose lines are kept, at a fixed time. */
function scene() {
  const lines: string[] = [];
  const clock = (): number => Date.UTC(2026, 0, 5, 9, 30);
  return { lines, logger: jsonLogger({ service: 'orders', clock, write: (line) => void lines.push(line) }) };
}

describe('the logger of our own', () => {
  test('writes one JSON object a line: when, how bad, who, what, and a message', () => {
    const { lines, logger } = scene();
    logger.info({ request_id: 'r1', status: 200 }, 'request');
    logger.warn({});
    logger.error({ text: 'two\nlines\u2028' }, 'a\nb');
    expect(lines).toEqual([
      '{"timestamp":"2026-01-05T09:30:00.000Z","level":"info","service":"orders","request_id":"r1","status":200,"message":"request"}\n',
      '{"timestamp":"2026-01-05T09:30:00.000Z","level":"warn","service":"orders"}\n',
      '{"timestamp":"2026-01-05T09:30:00.000Z","level":"error","service":"orders","text":"two\\nlines\u2028","message":"a\\nb"}\n',
    ]);
  });
  test('a field never takes the place of what every line has', () => {
    const { lines, logger } = scene();
    logger.info({ level: 'debug', service: 'x', timestamp: 0, message: 'forged' }, 'request');
    expect(JSON.parse(String(lines[0]))).toEqual({
      timestamp: '2026-01-05T09:30:00.000Z',
      level: 'info',
      service: 'orders',
      message: 'request',
    });
  });
  test('an error that would tell its request by `toJSON` is told like any other, also inside other fields', () => {
    const { lines, logger } = scene();
    class ClientError extends Error {
      toJSON(): object {
        return { config: { headers: { authorization: 'Bearer secret' } } };
      }
    }
    logger.error({ err: new ClientError('no answer'), inside: { list: [new ClientError('nor here')] } });
    expect(lines[0]).not.toContain('secret');
    expect(JSON.parse(String(lines[0]))).toMatchObject({
      err: { name: 'Error', message: 'no answer' },
      inside: { list: [{ message: 'nor here' }] },
    });
  });
  test('says what JSON can not: errors by name, message and stack, big integers as text', () => {
    const { lines, logger } = scene();
    logger.error({ err: Object.assign(new RangeError('too far'), { rows: ['secret'] }), count: 9n });
    expect(JSON.parse(String(lines[0]))).toMatchObject({
      count: '9',
      err: { name: 'RangeError', message: 'too far', stack: expect.stringContaining('json-logger.test.ts') },
    });
    expect(lines[0]).not.toContain('secret');
  });
  test('a field that can not be said at all leaves a line without fields', () => {
    const { lines, logger } = scene();
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    logger.info({ circle }, 'round');
    expect(JSON.parse(String(lines[0]))).toMatchObject({ fields: 'not serialisable', message: 'round' });
  });
  test('goes to standard output unless told otherwise, one line at a time', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    jsonLogger({ service: 'orders' }).info({ percent: '%s %d' }, 'request');
    expect(write.mock.calls.map(([line]) => line)).toEqual([
      expect.stringMatching(
        /^\{"timestamp":"[\d-]+T[\d:.]+Z","level":"info","service":"orders","percent":"%s %d".*\}\n$/,
      ),
    ]);
  });
});
