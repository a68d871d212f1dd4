import { contract, stream } from "kerf";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import { StreamHandlerContext } from "./context.ts";

const sea = contract("sea", { version: 1, tide: stream({ output: z.object({ level: z.int() }) }) });

/** What is sent of `header`, when its handler watches another stream. */
function onward(header: CallHeader): CallHeader {
  let sent: CallHeader | undefined;
  const streams = { outbound: (_member: unknown, _input: unknown, as: CallHeader) => (sent = as) };
  const port = { definition: { name: "harbour" }, streams, baggage: (text?: string) => text };
  const life = new AbortController().signal;
  new StreamHandlerContext(port as unknown as ServicePort, "harbour@1.tide", header, life).watch(
    sea.tide,
    {},
  );
  return sent!;
}

const header: CallHeader = {
  id: undefined,
  deadlineAt: 1,
  caller: undefined,
  actor: { id: "alice", roles: [] },
  via: "gateway",
  traceparent: "00-1-1-01",
  retry: true,
};

test("what a stream watches is asked for on behalf of the same person, in the same trace, by the service", () => {
  expect(onward(header)).toStrictEqual({ ...header, caller: "harbour", via: "call" });
});

test("the release and the baggage of a stream go on to what it watches; what was asked for at the edge does not", () => {
  const chosen = { release: "catalog=next", baggage: "tenant=acme" };
  expect(onward({ ...header, ...chosen, wish: "catalog=next" })).toStrictEqual({
    ...header,
    ...chosen,
    caller: "harbour",
    via: "call",
  });
});
