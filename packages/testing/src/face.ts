import { serviceNameOf, type Output } from "kerf";
import { newTrace, type RunningUnit, type UnitStatus } from "@kerf/runtime";
import { databaseUrl, type Parts } from "./parts.ts";
import type { Rig } from "./rig-options.ts";
import { settle } from "./settle.ts";

/** What a test sees of a rig, however it runs. */
export function faceOf(
  parts: Parts,
  unitOf: (service: string) => RunningUnit | undefined,
  status: () => Promise<UnitStatus[]>,
  stopAll: () => Promise<void>,
): Omit<Rig, "processes" | "restart"> {
  const { graph, events } = parts;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= stopAll().then(() => parts.server.dropAll(`${parts.name.replaceAll("-", "_")}_`)));
  const unitHosting = (service: string): RunningUnit => {
    const unit = unitOf(service);
    if (unit) return unit;
    throw new Error(
      `the service ${service} is not in this rig: it has ${[...graph.services.keys()].join(", ")}`,
    );
  };
  return {
    graph,
    watch: (member, input, { as, signal = new AbortController().signal } = {}) => {
      const service = serviceNameOf(member.id);
      const asked = { member, input, actor: as, traceparent: newTrace(), signal };
      return unitHosting(service).watchAs(service, asked) as AsyncIterable<Output<typeof member>>;
    },
    call: async (member, input, given = {}) => {
      const service = serviceNameOf(member.id);
      const unit = unitHosting(service);
      const timeoutMs = given.timeoutMs ?? 10_000;
      const reply = await unit.callAs(service, {
        member,
        input,
        id: given.id,
        deadlineAt: Date.now() + timeoutMs,
        actor: given.as,
        traceparent: newTrace(),
        signal: AbortSignal.timeout(timeoutMs + 1_000),
      });
      return reply as Output<typeof member>;
    },
    seen: (event, match = {}, { withinMs = 10_000 } = {}) => events.wait(event, match, withinMs),
    events: () => events.seen,
    settled: ({ withinMs = 20_000 } = {}) => settle(status, withinMs),
    status,
    databaseUrl: (service) => databaseUrl(parts, service),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
