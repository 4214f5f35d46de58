import assert from 'node:assert/strict';
import { AbandonedError } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness } from './adapter-harness.ts';
import { type AdapterScene, withApp } from './scene.ts';
import { watching } from './watching.ts';

/** Sends a request and goes away as soon as its handler runs; resolves when the server has seen it. */
async function leaveDuring({ line, stage, ended }: AdapterScene): Promise<void> {
  const one = await line();
  one.write({ target: '/' });
  await stage.untilRan(1);
  one.drop();
  await ended(1);
}

/** Clients that do not wait for their answer. */
export const goneClientCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('gone client', {
  'it is no outcome: the handler’s answer settles the passage, once': async (harness) => {
    for (const late of [false, true]) {
      const watch = watching({ late });
      const routes = [{ method: 'GET', path: '/', handler: 'slow', policy: { head: [watch.guard] } }] as const;
      await withApp(harness, { routes }, async (scene) => {
        await leaveDuring(scene);
        assert.deepEqual(watch.seen, []);
        scene.stage.release();
        await watch.until(1);
      });
      assert.deepEqual(
        watch.seen.map(({ status, error }) => [status, error]),
        [[201, undefined]],
      );
    }
  },

  'a handler that never answers is waited for, then the passage leaves as abandoned, once': async (harness) => {
    const watch = watching();
    const routes = [{ method: 'GET', path: '/', handler: 'never', policy: { head: [watch.guard] } }] as const;
    await withApp(harness, { routes, abandonAfter: '20ms' }, async (scene) => {
      await leaveDuring(scene);
      const [sight] = await watch.until(1);
      assert.ok(sight?.error instanceof AbandonedError);
    });
    assert.equal(watch.seen.length, 1);
  },

  'before a slow guard has passed: the passage settles all the same': async (harness) => {
    const watch = watching();
    let pass: () => void = () => {};
    let asked: () => void = () => {};
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slow = (): Promise<void> => {
      asked();
      return passed;
    };
    const routes = [{ method: 'GET', path: '/', handler: 'json', policy: { head: [watch.guard, slow] } }] as const;
    await withApp(harness, { routes }, async ({ line, ended }) => {
      const one = await line();
      one.write({ target: '/' });
      await wasAsked;
      one.drop();
      await ended(1);
      pass();
      await watch.until(1);
    });
    assert.equal(watch.seen.length, 1);
  },

  'in the middle of a stream: its end is told that it was aborted, once': async (harness) => {
    const watch = watching({ limit: 1_000_000 });
    const routes = [{ method: 'GET', path: '/', handler: 'stream-half', policy: { head: [watch.guard] } }] as const;
    await withApp(harness, { routes }, async ({ line, stage }) => {
      const one = await line();
      one.write({ target: '/' });
      await one.until('abc');
      one.drop();
      const [sight] = await watch.until(1);
      stage.release();
      assert.deepEqual(sight?.end, { text: undefined, aborted: true });
    });
    assert.equal(watch.seen.length, 1);
  },

  'it is told as aborted where somebody listens, and no failure of ours': async (harness) => {
    const routes = [{ method: 'GET', path: '/', handler: 'never', policy: {} }] as const;
    await withApp(harness, { routes }, async (scene) => {
      await leaveDuring(scene);
      assert.deepEqual(
        scene.castellan.finished.map(({ aborted, route }) => [aborted, route]),
        [[true, '/']],
      );
      assert.deepEqual(scene.castellan.reported, []);
    });
  },
});
