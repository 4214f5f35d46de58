/**
 * What the adapters share: doors, mounted endpoints and problems at Node's own request and response. An app never needs
 * it; the adapter of another framework does.
 * @packageDocumentation
 */
export type { Door } from './door.ts';
export { enterDoor } from './door.ts';
export type { Framework, ProxyTrust } from './framework.ts';
export { type Mounted, type MountPoint, pathBelow } from './mounted.ts';
export { createNodeGate, type NodeGate, type NodeGateOptions } from './node-gate.ts';
export { probeTrust } from './probe-trust.ts';
export { requestPath } from './request-path.ts';
export { routeExceptions } from './route-exceptions.ts';
export { routeText } from './route-text.ts';
