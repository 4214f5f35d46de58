import type { AdapterHarness, AppPlan } from './adapter-harness.ts';
import { type KitCastellan, type KitOptions, type KitPolicy, kitCastellan } from './kit-entry.ts';
import { createStage, type Director } from './stage.ts';
import type { Answer } from './wire/answer.ts';
import { type Line, openLine } from './wire/line.ts';
import type { WireRequest } from './wire/request-bytes.ts';

/** An app of one case, and the case's end of the wire. */
export interface AdapterScene {
  readonly castellan: KitCastellan;
  readonly stage: Director;
  readonly port: number;
  /** Opens a connection, which ends with the case. */
  readonly line: (host?: string) => Promise<Line>;
  /** Resolves when so many requests have come to the library. */
  readonly met: (count: number) => Promise<void>;
  /** Resolves when the library was told of the end of so many. */
  readonly ended: (count: number) => Promise<void>;
  /** Sends a request on a connection of its own and reads the answer. */
  readonly call: (request: WireRequest | string) => Promise<Answer>;
}

/** What a case says of its app. */
export interface ScenePlan extends Omit<AppPlan<KitPolicy>, 'castellan' | 'stage'>, KitOptions {}

/** Builds an app, plays, and ends it whatever happens. */
export async function withApp(
  harness: AdapterHarness,
  { endpoints, health, front, tenantOf, ...plan }: ScenePlan,
  play: (scene: AdapterScene) => Promise<void>,
): Promise<void> {
  const options = { endpoints, health, front, tenantOf };
  const castellan = kitCastellan(
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as KitOptions,
  );
  const stage = createStage();
  const app = await harness.listen({ ...plan, castellan, stage });
  const lines: Line[] = [];
  const line = async (host?: string): Promise<Line> => {
    const opened = await openLine(app.port, host);
    lines.push(opened);
    return opened;
  };
  const call = async (request: WireRequest | string): Promise<Answer> => {
    const own = await line();
    const answer = await own.call(typeof request === 'string' ? { target: request } : request);
    own.drop();
    return answer;
  };
  try {
    await play({ castellan, stage, port: app.port, line, call, met: castellan.met, ended: castellan.ended });
  } finally {
    for (const one of lines) one.drop();
    await app.close();
  }
}
