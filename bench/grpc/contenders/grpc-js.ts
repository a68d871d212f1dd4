import grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Contender } from "../contender.ts";
import { answer, DEADLINE_MS, PROTO, traceparent, type Reply, type Request } from "../payload.ts";

// What proto-loader makes of a .proto file: protobufjs in both directions.
const { root } = protobuf.parse(PROTO);
const requestType = root.lookupType("bench.Request");
const replyType = root.lookupType("bench.Reply");

function method(name: string, responseStream: boolean): grpc.MethodDefinition<Request, Reply> {
  return {
    path: `/bench.Bench/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: (value) => requestType.encode(value).finish() as Buffer,
    requestDeserialize: (bytes) => requestType.decode(bytes) as unknown as Request,
    responseSerialize: (value) => replyType.encode(value).finish() as Buffer,
    responseDeserialize: (bytes) => replyType.decode(bytes) as unknown as Reply,
  };
}

const definition = { Get: method("Get", false), List: method("List", true) };

export const grpcJs: Contender = {
  serve: async (tls) => {
    const server = new grpc.Server();
    server.addService(definition, {
      Get: (call: grpc.ServerUnaryCall<Request, Reply>, done: grpc.sendUnaryData<Reply>) =>
        done(null, answer(call.request)),
      List: async (call: grpc.ServerWritableStream<Request, Reply>) => {
        const one = answer({ ...call.request, text: "" });
        for (let n = 0; n < call.request.n; n++) {
          if (!call.write(one)) await new Promise<void>((resolve) => call.once("drain", resolve));
        }
        call.end();
      },
    });
    const credentials =
      tls === undefined
        ? grpc.ServerCredentials.createInsecure()
        : grpc.ServerCredentials.createSsl(null, [
            { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
          ]);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
  },
  connect: async (address, tls) => {
    const Client = grpc.makeGenericClientConstructor(definition, "bench.Bench");
    const credentials =
      tls === undefined
        ? grpc.credentials.createInsecure()
        : grpc.credentials.createSsl(Buffer.from(tls.cert));
    const client = new Client(address, credentials, { "grpc.ssl_target_name_override": "localhost" }) as any;
    return {
      call: (asked, n) =>
        new Promise((resolve, reject) => {
          const metadata = new grpc.Metadata();
          metadata.set("traceparent", traceparent(n));
          const done = (error: Error | null, value: Reply): void =>
            error === null ? resolve(value) : reject(error);
          client.Get(asked, metadata, { deadline: Date.now() + DEADLINE_MS }, done);
        }),
      stream: async (asked) => {
        let count = 0;
        for await (const _ of client.List(asked)) count++;
        return count;
      },
      close: () => client.close(),
    };
  },
};
