import { command, contract, service } from "kerf";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Endpoint } from "../call/dispatch.ts";
import { newTrace } from "../call/trace.ts";
import { hashValue } from "../journal/hash.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallRequest } from "../transport/transport.ts";
import { commandChannel, encodeEnvelope, type Envelope } from "./envelope.ts";
import { Inbox } from "./inbox.ts";

const desk = contract("desk", {
  version: 1,
  file: command({
    input: z.object({ title: z.string() }),
    earlier: { 1: { input: z.object({ name: z.string() }), to: ({ name }) => ({ title: name }) } },
  }),
});
const definition = service(desk, {}, { handle: { file: async () => ({}) } });

/** The command that an order of this version becomes. */
async function ordered(envelope: Partial<Envelope>): Promise<CallRequest> {
  let asked: CallRequest | undefined;
  const port = { definition, clock: { now: () => 1_000 } } as unknown as ServicePort;
  const dispatch = async (request: CallRequest): Promise<unknown> => (asked = request);
  const inbox = new Inbox(port, [], dispatch, new Map([[desk.file.id, {} as Endpoint]]));
  const message = {
    id: "m-1",
    channel: commandChannel("desk@1"),
    key: "a",
    body: encodeEnvelope({
      id: "m-1",
      type: desk.file.id,
      source: "news",
      time: "2026-01-01T00:00:00.000Z",
      key: "a",
      traceparent: newTrace(),
      actor: { id: "alice", roles: [] },
      data: {},
      ...envelope,
    }),
  };
  await inbox.handle(message, new AbortController().signal);
  return asked!;
}

const header = {
  id: "m-1",
  deadlineAt: 31_000,
  caller: "news",
  actor: { id: "alice", roles: [] },
  via: "message",
  traceparent: expect.any(String),
  retry: false,
};

test("an order becomes a command of its sender, on behalf of the same person", async () => {
  expect(await ordered({ version: 2, data: { title: "t" } })).toStrictEqual({
    member: "desk@1.file",
    input: { title: "t" },
    header,
  });
});

test("an order of an earlier version is recorded by what was written, and its baggage goes on", async () => {
  expect(await ordered({ version: 1, data: { name: "t" }, baggage: "tenant=acme" })).toStrictEqual({
    member: "desk@1.file",
    input: { title: "t" },
    header: { ...header, baggage: "tenant=acme", inputHash: hashValue({ name: "t" }) },
  });
});
