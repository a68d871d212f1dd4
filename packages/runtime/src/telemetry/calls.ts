import {
  contractIdOf,
  memberNameOf,
  serviceNameOf,
  type AnyCommand,
  type AnyQuery,
  type AnyStream,
} from "kerf";
import type { Router } from "../call/router.ts";
import type { FindCodec } from "../transport/method-codecs.ts";
import type { CallHeader, CallRequest, Dispatch } from "../transport/transport.ts";
import { failureOf } from "./failure.ts";
import { shownBy } from "./shown.ts";
import type { Attributes, Edge, EdgeFacts, SpanType, Telemetry } from "./telemetry.ts";

/** Who calls where no service does. */
export const EDGE = "gateway";

/** Who calls by hand, past the gateway. */
export const OPERATOR = "operator";

/** Who calls from another process: a service, the gateway, or a gRPC client that nobody knows. */
export function callerOf({ caller, via }: CallHeader): string | undefined {
  return caller ?? (via === "gateway" ? EDGE : undefined);
}

/** What every span of a call says. `caller` is undefined for a stranger, who speaks plain gRPC. */
export function callAttributes(member: string, caller: string | undefined, local: boolean): Attributes {
  return {
    "rpc.system": caller === undefined ? "grpc" : "kerf",
    "rpc.service": contractIdOf(member),
    "rpc.method": memberNameOf(member),
    "kerf.member": member,
    "kerf.local": local,
    "kerf.caller": caller,
  };
}

/** Makes a call, and tells of it. What `go` is given beside the request is given through: a closure for each call would cost. */
export type TellCall = (
  member: AnyQuery | AnyCommand,
  request: CallRequest,
  go: Router["call"],
  signal: AbortSignal | undefined,
  now?: number,
) => Promise<unknown>;

/** Tells of calls; those of services `here` stay within the process. */
export function callTeller(telemetry: Telemetry, here: ReadonlySet<string>, codecOf: FindCodec): TellCall {
  const { enter, spans } = telemetry;
  const edgeOf = edges(telemetry, here, codecOf);
  return (of, request, go, signal, now) => {
    const { edge, callee, local } = edgeOf(of, request);
    const { member, input, header } = request;
    const call = edge.begin(header.traceparent);
    const { traceparent } = call;
    const sent = spans ? { member, input, header: { ...header, traceparent } } : request;
    const answer =
      enter && local
        ? enter(traceparent, callee, () => go(of, sent, signal, now), header.baggage)
        : go(of, sent, signal, now);
    return answer.then(
      (reply) => {
        call.replied(input, reply);
        return reply;
      },
      (error: unknown) => {
        call.failed(input, failureOf(error));
        throw error;
      },
    );
  };
}

/** Tells of every call that leaves a service or the gateway for another service. */
export function tracedRouter(router: Router, tellCall: TellCall, tellUnit: TellCall): Router {
  return {
    call: (member, request, signal, now) => tellCall(member, request, router.call, signal, now),
    callUnit: (unit, member, request, signal) =>
      tellUnit(member, request, (_, sent) => router.callUnit(unit, member, sent, signal), signal),
    addressOf: (service) => router.addressOf(service),
    close: () => router.close(),
  };
}

interface KnownEdge {
  readonly caller: string;
  readonly edge: Edge;
  readonly callee: string;
  readonly local: boolean;
}

/** Makes the edge of a caller and a member once. */
export function edges(telemetry: Telemetry, here: ReadonlySet<string>, codecOf: FindCodec) {
  const known = new Map<string, KnownEdge[]>();
  return (member: AnyQuery | AnyCommand | AnyStream, { header }: CallRequest): KnownEdge => {
    const caller = header.caller ?? (header.byHand ? OPERATOR : EDGE);
    const { id } = member;
    let ofMember = known.get(id);
    if (ofMember === undefined) known.set(id, (ofMember = []));
    // Few call the same member: to look at each costs less than a second map.
    for (const each of ofMember) if (each.caller === caller) return each;
    const callee = serviceNameOf(id);
    const local = here.has(callee);
    const facts = { caller, callee, member: id, local, size: sizeOf(id, codecOf), show: showOf(member) };
    const made = { caller, edge: telemetry.edge(facts), callee, local };
    ofMember.push(made);
    return made;
  };
}

/** Made when it is first asked for: most processes show nothing. */
function showOf({ input, output }: AnyQuery | AnyCommand | AnyStream): EdgeFacts["show"] {
  const made: { request?: (value: unknown) => string; reply?: (value: unknown) => string } = {};
  return (value, what) => (made[what] ??= shownBy(what === "request" ? input : output))(value);
}

function sizeOf(member: string, codecOf: FindCodec): EdgeFacts["size"] {
  return (value, what) => {
    try {
      return codecOf(member)[what === "request" ? "request" : "response"].encode(value).length;
    } catch {
      // What does not fit was refused.
      return undefined;
    }
  };
}

interface Received {
  readonly member: string;
  readonly caller: string | undefined;
}

const received: SpanType<Received> = {
  kind: "server",
  service: ({ member }) => serviceNameOf(member),
  name: ({ member }) => member,
  attributes: ({ member, caller }) => callAttributes(member, caller, false),
};

/** Tells of every call that came from another process, or in a message. */
export function tracedDispatch(dispatch: Dispatch, telemetry: Telemetry): Dispatch {
  const { enter } = telemetry;
  return (request, signal, now) => {
    const { member, input, header } = request;
    const span = telemetry.begin(received, { member, caller: callerOf(header) }, header.traceparent);
    const given = { member, input, header: { ...header, traceparent: span.traceparent } };
    const work = enter
      ? enter(span.traceparent, serviceNameOf(member), () => dispatch(given, signal, now), header.baggage)
      : dispatch(given, signal, now);
    return work.then(
      (reply) => {
        span.end();
        return reply;
      },
      (error: unknown) => {
        span.end(failureOf(error));
        throw error;
      },
    );
  };
}
