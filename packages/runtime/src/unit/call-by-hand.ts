import {
  describe,
  outcome,
  serviceNameOf,
  StatusError,
  type Actor,
  type AnyCommand,
  type AnyQuery,
  type Outcome,
} from "kerf";
import { refuseByHand } from "../authority/access.ts";
import { misfit } from "../call/dispatch.ts";
import { newTrace, traceIdOf } from "../call/trace.ts";
import type { Graph } from "../graph/index.ts";
import { OPERATOR } from "../telemetry/calls.ts";
import { failureOf } from "../telemetry/failure.ts";
import type { SpanType, Telemetry } from "../telemetry/telemetry.ts";
import type { CallRequest } from "../transport/transport.ts";
import { compileValidator } from "../validate/index.ts";

/** A call that a person makes by hand, of a member with a route or without one. */
export interface CallByHand {
  /** `"inventory@1.reserve"` */
  readonly member: string;
  readonly input: unknown;
  /** In whose name; undefined for a stranger. */
  readonly actor: Actor | undefined;
  /** Of a command. */
  readonly id: string | undefined;
  /** Date.now() milliseconds. */
  readonly deadlineAt: number;
}

export interface AnsweredByHand {
  readonly traceId: string;
  readonly outcome: Outcome<unknown>;
}

export interface CallByHandParts {
  readonly graph: Graph;
  readonly telemetry: Telemetry | undefined;
  /** @throws DeclaredError | StatusError */
  readonly call: (member: AnyQuery | AnyCommand, request: CallRequest) => Promise<unknown>;
}

/** The first span of the trace: who looks for it finds all that came of the call. */
const calls: SpanType<string> = {
  kind: "internal",
  service: () => OPERATOR,
  name: (member) => `call ${member}`,
  attributes: (member) => ({ "kerf.member": member }),
};

/**
 * Calls a member for a person, in the way of a call from the edge: what it accepts, whom it admits and its idempotency are
 * the same. What has no rule for people is open: services call it whoever they do it for.
 */
export async function callByHand(
  { member: name, input, actor, id, deadlineAt }: CallByHand,
  { graph, telemetry, call }: CallByHandParts,
): Promise<AnsweredByHand> {
  const traceparent = telemetry?.root() ?? newTrace();
  const span = telemetry?.beginRoot(calls, name, traceparent);
  const answered = await outcome(
    (async () => {
      const member = memberOf(graph, name);
      const refusal = refuseByHand(member.access, actor);
      if (refusal) throw refusal;
      // A person is told of a field that is not there: it may be another's name written wrongly.
      const checked = compileValidator(member.input, { unknownFields: "reject", enums: "exact" })(input);
      if (!checked.ok) throw misfit(name, checked.violations);
      return await call(member, {
        member: name,
        input,
        header: {
          id,
          deadlineAt,
          caller: undefined,
          actor,
          via: "gateway",
          traceparent,
          retry: false,
          byHand: true,
        },
      });
    })(),
  );
  span?.end(answered.ok ? undefined : failureOf(answered.error));
  return { traceId: traceIdOf(traceparent), outcome: answered };
}

function memberOf({ services }: Graph, name: string): AnyQuery | AnyCommand {
  for (const contract of services.get(serviceNameOf(name))?.served.values() ?? [])
    for (const member of describe(contract).members.values()) {
      if (member.id !== name) continue;
      if (member.kind === "query" || member.kind === "command") return member;
      throw new StatusError("INVALID_ARGUMENT", `${name} is no query and no command, but: ${member.kind}`);
    }
  throw new StatusError("UNIMPLEMENTED", `this unit knows no ${JSON.stringify(name)}`);
}
