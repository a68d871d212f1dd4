import { connect, implement, message, protobuf, serve, serverStream, service, unary } from "@kerf/grpc";
import type { Contender } from "../contender.ts";
import { answer, DEADLINE_MS, traceparent, type Reply, type Request } from "../payload.ts";

const request = protobuf<Request>(
  message("bench.Request", [
    { name: "id", number: 1, type: "string" },
    { name: "name", number: 2, type: "string" },
    { name: "n", number: 3, type: "int32" },
    { name: "text", number: 4, type: "string" },
  ]),
);
const reply = protobuf<Reply>(
  message("bench.Reply", [
    { name: "id", number: 1, type: "string" },
    { name: "name", number: 2, type: "string" },
    { name: "text", number: 3, type: "string" },
    { name: "n", number: 4, type: "int32" },
    { name: "ok", number: 5, type: "bool" },
  ]),
);
const bench = service("bench.Bench", { Get: unary(request, reply), List: serverStream(request, reply) });

export const kerf: Contender = {
  serve: async (tls) => {
    const implementation = implement(bench, {
      Get: async (asked) => answer(asked),
      List: async function* (asked) {
        const one = answer({ ...asked, text: "" });
        for (let n = 0; n < asked.n; n++) yield one;
      },
    });
    return await serve({ services: [implementation], ...(tls === undefined ? {} : { tls }) });
  },
  connect: async (address, tls) => {
    const channel = connect(
      address,
      tls === undefined ? {} : { tls: { ca: tls.cert, servername: "localhost" } },
    );
    return {
      call: (asked, n) =>
        channel.unary(bench.methods.Get, asked, {
          timeoutMs: DEADLINE_MS,
          metadata: { traceparent: traceparent(n) },
        }),
      stream: async (asked) => {
        let count = 0;
        for await (const _ of channel.serverStream(bench.methods.List, asked)) count++;
        return count;
      },
      close: () => channel.close(),
    };
  },
};
