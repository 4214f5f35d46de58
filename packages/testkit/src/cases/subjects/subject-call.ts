import type { SubjectCall } from '@castellan/core/sessions';
import { liveRevocations } from '../observe.ts';
import type { At, Scene } from '../scene.ts';

/** A verb on the scene's subject. */
export function subjectCall(s: Scene, at: At, change?: Partial<SubjectCall>): SubjectCall {
  return { tenant: s.tenant, id: s.subject, audit: s.stamp(), actor: null, ...s.time(at), ...change };
}

/** What the feed tells of the scene's tenant, as `kind key epoch`. */
export async function toldByFeed(s: Scene): Promise<string[]> {
  return (await liveRevocations(s)).map(({ kind, key, epoch }) => `${kind} ${key} ${epoch}`).sort();
}
