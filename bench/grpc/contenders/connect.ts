import { createServer } from "node:http2";
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import type { Contender } from "../contender.ts";
import { answer, DEADLINE_MS, traceparent, type Reply } from "../payload.ts";

const STRING = 9;
const INT32 = 5;
const BOOL = 8;

function fields(list: readonly (readonly [name: string, type: number])[]) {
  return list.map(([name, type], at) => ({ name, number: at + 1, type, label: 1, jsonName: name }));
}

const file = create(FileDescriptorProtoSchema, {
  name: "bench.proto",
  package: "bench",
  syntax: "proto3",
  messageType: [
    {
      name: "Request",
      field: fields([
        ["id", STRING],
        ["name", STRING],
        ["n", INT32],
        ["text", STRING],
      ]),
    },
    {
      name: "Reply",
      field: fields([
        ["id", STRING],
        ["name", STRING],
        ["text", STRING],
        ["n", INT32],
        ["ok", BOOL],
      ]),
    },
  ],
  service: [
    { name: "Bench", method: [{ name: "Get", inputType: ".bench.Request", outputType: ".bench.Reply" }] },
  ],
});
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
const bench = registry.getService("bench.Bench") as DescService;

export const connectEs: Contender = {
  serve: async () => {
    const server = createServer(
      connectNodeAdapter({
        routes: (router) => void router.service(bench, { get: (asked: any) => answer(asked) } as any),
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { address: String((server.address() as { port: number }).port), close: () => void server.close() };
  },
  connect: async (address) => {
    const client = createClient(
      bench,
      createGrpcTransport({ baseUrl: `http://127.0.0.1:${address}` }),
    ) as any;
    return {
      call: (asked, n) =>
        client.get(asked, {
          timeoutMs: DEADLINE_MS,
          headers: { traceparent: traceparent(n) },
        }) as Promise<Reply>,
      close: () => undefined,
    };
  },
};
