import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompiledPolicy, Entry, HttpResponse, Passage } from '../http/index.ts';
import type { Beginning } from './begin.ts';
import { captureResponse } from './capture.ts';
import type { Framework } from './framework.ts';
import { type GateSeat, gateSeatOf } from './gate-seat.ts';
import { putHeadersOf } from './put-headers.ts';
import { requestBody } from './request-body.ts';
import { send } from './send.ts';

/** What the doors of one gate share. */
export interface DoorSettings {
  /** How long a handler is waited for when the client has gone, ms. */
  readonly abandonAfterMs: number;
  /** Bytes that are read of a body at most, where no parser of the app reads it. */
  readonly bodyLimit: number;
}

/**
 * The door of one route, in two steps for frameworks that read the body between them. `true`: the handler's turn. That of
 * a gate never throws nor rejects.
 */
export interface Door<C> {
  /** The guards of the head. Synchronous when they are. `false`: it was answered. */
  head(carrier: C): boolean | Promise<boolean>;
  /** Reads the body and asks the guards of the body, after {@link head} has let the request in. */
  body(carrier: C): Promise<boolean>;
  /** Whether {@link body} has anything to do. */
  readonly wantsBody: boolean;
}

/** One request at one door. */
interface Call<C> {
  readonly carrier: C;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seat: GateSeat;
  readonly passage: Passage;
}

type Refusal = HttpResponse | undefined;

/** Both steps of a door, for frameworks that leave the body to the app. */
export function enterDoor<C>(door: Door<C>, carrier: C): boolean | Promise<boolean> {
  const admitted = door.head(carrier);
  if (!door.wantsBody || admitted === false) return admitted;
  return admitted === true ? door.body(carrier) : admitted.then((yes) => yes && door.body(carrier));
}

/** Makes the door of a policy. */
export function createDoor<C, P>(
  http: Entry<P>,
  framework: Framework<C>,
  beginning: Beginning<C>,
  policy: CompiledPolicy,
  { abandonAfterMs, bodyLimit }: DoorSettings,
): Door<C> {
  const wantsBody = policy.body.length > 0;
  const putHeaders = putHeadersOf(framework);

  /** Installs the capture as soon as an `after` wants to see the answer: also a parser's refusal is one. */
  const watch = ({ carrier, request: req, response: res, passage, seat }: Call<C>): void => {
    if (!passage.watches || seat.capture !== seat.outer) return;
    const { exchange } = seat;
    const report = (error: unknown): void => void http.problem(error, exchange);
    const release = (): void => framework.release(carrier);
    seat.capture = captureResponse({ req, res, exchange, passage, report, release, abandonAfterMs });
  };
  const refuse = async ({ carrier, request, response, passage, seat }: Call<C>, refusal: HttpResponse) => {
    if (seat.capture && seat.capture !== seat.outer) seat.capture.answer(refusal);
    else {
      const last = await passage.leave(refusal);
      framework.release(carrier);
      send(request, response, seat.exchange, last);
    }
    return false;
  };
  const admit = ({ carrier, response, seat }: Call<C>): boolean => {
    if (response.headersSent) return false; // somebody, a timeout perhaps, did not want to wait for us
    putHeaders(carrier, seat);
    return true;
  };
  const afterHead = async (call: Call<C>, head: Refusal | Promise<Refusal>): Promise<boolean> => {
    const refusal = await head;
    if (refusal) return refuse(call, refusal);
    watch(call);
    return wantsBody || admit(call);
  };
  const readAndCheck = async ({ carrier, request, seat, passage }: Call<C>): Promise<Refusal> => {
    try {
      const { parse } = framework;
      if (parse && framework.body(carrier).value === undefined) await parse(carrier);
      const { value: given, raw } = framework.body(carrier);
      const body = await requestBody(request, given, policy.reads ?? ['json'], bodyLimit);
      if (given !== body.value) framework.putBody(carrier, body);
      return passage.body(raw instanceof Uint8Array ? { ...body, raw } : body);
    } catch (error) {
      return http.problem(error, seat.exchange);
    }
  };

  return {
    wantsBody,
    head(carrier) {
      const seat = beginning.meet(carrier, policy.route);
      if (!seat) return false;
      const passage = http.open(policy, seat.exchange);
      seat.passage = passage;
      const refusal = passage.head();
      if (refusal === undefined && !wantsBody && !passage.watches) {
        putHeaders(carrier, seat);
        return true;
      }
      const request = framework.request(carrier);
      return afterHead({ carrier, request, response: framework.response(carrier), seat, passage }, refusal);
    },
    async body(carrier) {
      const request = framework.request(carrier);
      const seat = gateSeatOf(request);
      const passage = seat?.passage;
      if (!passage) throw new TypeError('a door was asked about the body before the head');
      const call: Call<C> = { carrier, request, response: framework.response(carrier), seat, passage };
      const refusal = await readAndCheck(call);
      if (refusal) return refuse(call, refusal);
      watch(call);
      return admit(call);
    },
  };
}
