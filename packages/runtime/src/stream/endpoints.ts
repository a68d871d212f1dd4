import { describe, memberNameOf, type AnyStream, type StatusError } from "kerf";
import type { Answering } from "../call/dispatch.ts";
import { reported } from "../call/dispatch.ts";
import { adaptedStream } from "../service/adapted.ts";
import { outputCheck } from "../service/output-check.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import { compileValidator, type Validator } from "../validate/index.ts";
import { returned } from "../work/query.ts";
import { StreamHandlerContext } from "./context.ts";
import { LiveStream } from "./live-stream.ts";
import { nobody } from "./open-streams.ts";

/** A stream that this process answers. */
export interface StreamEndpoint extends Answering {
  readonly member: AnyStream;
  readonly validateInput: Validator;
  /** Begins the handler when the first answer is asked for. @throws StatusError where there are too many streams */
  run(input: unknown, header: CallHeader, reader: AbortSignal): AsyncIterableIterator<unknown>;
}

/** Compiles a service's streams into endpoints, by member id. */
export function streamEndpointsOf(port: ServicePort): [string, StreamEndpoint][] {
  const { definition } = port;
  const members = [...describe(definition.contract).members.values()];
  const own = members
    .filter((member): member is AnyStream => member.kind === "stream")
    .map((member) => endpointOf(port, member, definition.streams[memberNameOf(member.id)]!));
  const older = definition.older
    .flatMap(({ streams }) => [...streams.values()])
    .map((call) => {
      const today = definition.streams[memberNameOf(call.current.id)]!;
      return endpointOf(port, call.older, adaptedStream(call, today));
    });
  return [...own, ...older].map((endpoint) => [endpoint.member.id, endpoint]);
}

function endpointOf(
  port: ServicePort,
  member: AnyStream,
  handle: (input: any, context: any) => AsyncIterable<unknown>,
): StreamEndpoint {
  const { clock, log, sizes } = port;
  const check = outputCheck(
    port,
    member.id,
    compileValidator(member.output, { unknownFields: "drop", enums: "exact" }),
  );
  const answering: Answering = { member, log, bounded: sizes.bounded };
  return {
    ...answering,
    member,
    validateInput: compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
    run(input, header, reader) {
      sizes.refuseLarge(input, "input", member.id);
      const { limits, open } = port.streams;
      const lifeMs = limits.lifeMs * (0.9 + clock.random() * 0.1);
      const owner = header.actor?.id ?? nobody;
      let context: StreamHandlerContext | undefined;
      const leave = open.enter(member.id, owner, (reason: StatusError) => live.end(reason));
      const live: LiveStream = new LiveStream({
        clock,
        member: member.id,
        idleMs: limits.idleMs,
        endsAt: Math.min(header.deadlineAt, clock.now() + lifeMs),
        reader,
        begin: (life) => handle(input, (context = new StreamHandlerContext(port, member.id, header, life))),
        check,
        told: (error) => reported(error, answering, header, clock, reader),
        finished: () => void (context && returned(context, undefined)),
        over: leave,
      });
      return live;
    },
  };
}
