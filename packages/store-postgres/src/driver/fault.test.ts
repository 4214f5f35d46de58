import { describe, expect, it } from 'vitest';
import { AnswerLateError, ConnectionWaitError, type Fault, faultOf, isFatal, sqlStateOf } from './fault.ts';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('faults', () => {
  it.each<[string, Fault]>([
    ['ECONNREFUSED', 'not_executed'],
    ['57P03', 'not_executed'],
    ['53300', 'not_executed'],
    ['40001', 'rolled_back'],
    ['40P01', 'rolled_back'],
    ['55P03', 'rolled_back'],
    ['ECONNRESET', 'connection_lost'],
    ['EPIPE', 'connection_lost'],
    ['57P01', 'connection_lost'],
    ['08006', 'connection_lost'],
    ['26000', 'broken_plan'],
    ['0A000', 'broken_plan'],
    ['25006', 'read_only'],
    ['23505', 'result'],
    ['23503', 'result'],
    ['57014', 'unavailable'],
    ['53100', 'unavailable'],
    ['42P01', 'mistake'],
    ['42601', 'mistake'],
    ['22P02', 'mistake'],
  ])('%s under a statement is %s', (code, fault) => {
    expect(faultOf(coded(code))).toBe(fault);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated',
    'Client has encountered a connection error and is not queryable',
  ])('the error without a code "%s" is a lost connection', (message) =>
    expect(faultOf(new Error(message))).toBe('connection_lost'),
  );

  it('whatever fails before there is a connection has executed nothing', () => {
    for (const code of ['ECONNRESET', '57P01', '08006', 'ECONNREFUSED']) {
      expect(faultOf(coded(code), 'connect')).toBe('not_executed');
    }
    expect(faultOf(new Error('Connection terminated unexpectedly'), 'connect')).toBe('not_executed');
    expect(faultOf(new Error('timeout exceeded when trying to connect'))).toBe('not_executed');
  });

  it('a refused password or an ended pool is not worth a second try', () => {
    expect(faultOf(coded('28P01'), 'connect')).toBe('unavailable');
    expect(faultOf(new Error('Cannot use a pool after calling end on the pool'), 'connect')).toBe('unavailable');
  });

  it('a row that lost its partition to a new one may be sent again; a violated check of ours may not', () => {
    expect(faultOf(coded('23514'))).toBe('rolled_back');
    expect(faultOf(Object.assign(coded('23514'), { constraint: 'session_leaf_hash_check' }))).toBe('result');
  });

  it("a socket's error in the caller's own code is not ours", () => {
    expect(faultOf(coded('ECONNREFUSED'), 'work')).toBe('mistake');
    expect(faultOf(coded('ECONNRESET'), 'work')).toBe('mistake');
    expect(faultOf(coded('40P01'), 'work')).toBe('rolled_back');
    expect(faultOf(new Error('out of stock'), 'work')).toBe('mistake');
  });

  it('our own time-outs say what they mean', () => {
    expect(faultOf(new ConnectionWaitError('x'))).toBe('not_executed');
    expect(faultOf(new AnswerLateError('x'))).toBe('connection_lost');
  });

  it('things that are no errors of a database are told apart from SQLSTATE', () => {
    for (const error of [coded('EPIPE'), coded('ERR_X'), new Error('x'), undefined, null, 'x', { code: 23505 }]) {
      expect(sqlStateOf(error)).toBeUndefined();
    }
    expect(sqlStateOf(coded('P0001'))).toBe('P0001');
  });

  it('after FATAL the connection must not go back', () => {
    expect(isFatal(Object.assign(coded('28000'), { severity: 'FATAL' }))).toBe(true);
    expect(isFatal(coded('57P01'))).toBe(true);
    expect(isFatal(Object.assign(coded('23505'), { severity: 'ERROR' }))).toBe(false);
  });
});
