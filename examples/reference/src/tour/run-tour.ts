import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@castellan/core';
import { durationMs } from '@castellan/core/kernel';
import { readConfiguration } from '../configuration.ts';
import { startReferenceApp } from '../reference-app.ts';
import type { FrameworkName } from '../web/web-app.ts';
import { printingClient } from './http-client.ts';
import { tellLimitStory } from './limit-story.ts';
import { type Stage, tellStory } from './story.ts';

/**
 * Plays the story over HTTP against an app of its own: a fresh data folder, a free port, a grace of 2 s. Runs beside
 * a running demo.
 *
 * @returns how many checks failed
 */
export async function runTour(framework: FrameworkName, print: (line: string) => void): Promise<number> {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-tour-'));
  const env = {
    ...process.env,
    NODE_ENV: 'development',
    PORT: '0',
    CASTELLAN_DATA: data,
    CASTELLAN_REFRESH_GRACE: '2s',
    CASTELLAN_LIMIT_LOGIN: '5/5s',
  };
  let passed = 0;
  let failed = 0;
  const check = (claim: string, holds: boolean): void => {
    if (holds) passed++;
    else failed++;
    print(`  ${holds ? '✓' : '✗ FAILED:'} ${claim}`);
  };
  let steps = 0;
  try {
    const configuration = await readConfiguration(env, () => {});
    const quiet = (): void => {}; // a grace of 2 s is meant
    const failed: Logger['error'] = (fields) => print(`  the app failed: ${JSON.stringify(fields)}`);
    const app = await startReferenceApp(configuration, framework, { info: quiet, warn: quiet, error: failed });
    try {
      print(`Castellan's tour, on ${app.url} (${framework}, ${app.database})`);
      const stage: Stage = {
        send: printingClient(app.url, print),
        check,
        step: (title) => print(`\n${++steps}. ${title}`),
        pass: async (ms, why) => {
          print(`  … ${ms} ms pass ${why}`);
          await delay(ms);
        },
        graceMs: durationMs(configuration.grace, 'grace'),
        maxStalenessMs: durationMs(configuration.maxStaleness, 'maxStaleness'),
        setTier: app.setTier,
      };
      await tellStory(stage);
      await tellLimitStory(stage);
    } catch (error) {
      check(`the tour goes on (${error instanceof Error ? error.message : String(error)})`, false);
    } finally {
      await app.stop();
    }
  } finally {
    fs.rmSync(data, { recursive: true, force: true });
  }
  print(`\n${passed} passed, ${failed} failed`);
  return failed;
}
