import { describe, expect, it } from 'vitest';
import { createActionRegistry } from './action-registry.ts';
import { createAppRegistry, libraryActions } from './library-actions.ts';

const ID = '018f3a5c-7b1e-7c3d-8a4f-0123456789ab';

describe('the registry of actions', () => {
  const registry = createAppRegistry({
    'order.create': {
      target: 'order',
      meta: { lines: 'integer', express: 'boolean', note: 'text', cart: 'id', parent: 'uuid', via: ['web', 'phone'] },
    },
    'report.read': {},
  });

  it('knows the library’s actions and the app’s', () => {
    expect(registry.names).toEqual([...Object.keys(libraryActions), 'order.create', 'report.read']);
    expect(createAppRegistry(['order.create']).check('order.create', null, { status: 201 }).meta).toEqual({
      status: 201,
    });
  });

  it('lets through what an action declares', () => {
    const meta = { lines: 3, express: false, note: 'for Ada, by hand', cart: 'c-17', parent: ID, via: 'web' };
    expect(registry.check('order.create', '4711', meta)).toEqual({ targetKind: 'order', target: '4711', meta });
    expect(registry.check('order.create', null, { lines: null })).toMatchObject({ meta: { lines: null } });
    expect(registry.check('report.read', null, null)).toEqual({ targetKind: null, target: null, meta: null });
    expect(registry.check('report.read', null, {}).meta).toBeNull();
  });

  it.each<[string, string, string | null, Record<string, unknown> | null]>([
    ['an unknown action', 'order.delete', null, null],
    ['a name of Object’s', 'constructor', null, null],
    ['an undeclared member', 'order.create', null, { total: 1 }],
    ['a member of Object’s', 'order.create', null, { toString: 'x' }],
    ['a target where none is declared', 'report.read', '1', null],
    ['a target with spaces', 'order.create', 'my order', null],
    ['an empty target', 'order.create', '', null],
    ['a long target', 'order.create', 'a'.repeat(256), null],
    ['a target that is no UUID', 'session.revoke', 'abc', null],
    ['a fraction', 'order.create', null, { lines: 1.5 }],
    ['a number as a text', 'order.create', null, { lines: '1' }],
    ['infinity', 'order.create', null, { lines: Number.POSITIVE_INFINITY }],
    ['a truthy value', 'order.create', null, { express: 1 }],
    ['a long text', 'order.create', null, { note: 'a'.repeat(257) }],
    ['a control character', 'order.create', null, { note: 'a\nb' }],
    ['half a character', 'order.create', null, { note: 'a\ud800' }],
    ['an id with spaces', 'order.create', null, { cart: 'a b' }],
    ['no UUID', 'order.create', null, { parent: 'abc' }],
    ['an unknown word', 'order.create', null, { via: 'fax' }],
    ['an object', 'order.create', null, { note: { toString: () => 'x' } }],
  ])('refuses %s', (_, action, target, meta) => {
    expect(() => registry.check(action, target, meta)).toThrow(TypeError);
  });

  it('shows no value and no unknown name in its refusal', () => {
    for (const meta of [{ note: 'hunter2\n' }, { hunter2: 1 }, { cart: 'hunter2 !' }])
      expect(() => registry.check('order.create', null, meta)).toThrow(/^(?!.*hunter2)/s);
    expect(() => registry.check('order.create', 'hunter2 !', null)).toThrow(/^(?!.*hunter2)/s);
  });

  it.each([
    ['no noun and verb', 'create'],
    ['capitals', 'Order.Create'],
    ['three parts', 'a.b.c'],
    ['spaces', 'order. create'],
    ['nothing', ''],
  ])('refuses a name with %s when it is declared', (_, name) => {
    expect(() => createAppRegistry([name])).toThrow(/^audit\.actions: /);
  });

  it('refuses a declaration that makes no sense', () => {
    expect(() => createAppRegistry(['user.login'])).toThrow('the library’s own'.replace('’', "'"));
    expect(() => createAppRegistry(['a.b', 'a.b'])).toThrow('twice');
    expect(() => createActionRegistry({ 'a.b': { target: 'An Order' } })).toThrow('target');
    expect(() => createActionRegistry({ 'a.b': { meta: { 'x-y': 'text' } } })).toThrow('x-y');
    expect(() => createActionRegistry({ 'a.b': { meta: { x: [] } } })).toThrow('unknown kind');
    expect(() => createActionRegistry({ 'a.b': { meta: { x: ['Not A Word'] } } })).toThrow('unknown kind');
    expect(() => createActionRegistry({ 'a.b': { meta: { x: 'json' as 'text' } } })).toThrow('unknown kind');
  });
});
