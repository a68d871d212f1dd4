import {
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Certificate } from "./certificate.ts";
import { receive, type Received } from "./received.ts";

export interface GrpcReceiver extends Received, AsyncDisposable {
  readonly url: string;
  /** Of each export, those that were refused included. */
  readonly metadata: Metadata[];
  /** Answers the next exports so, each once, and then as it should: what was said before is forgotten. */
  refuse(...errors: Partial<ServiceError>[]): void;
  /** Says of what comes that so many were rejected, and why. */
  acceptInPart(rejected: number, message: string): void;
}

const services = {
  trace: ["TraceService", "ExportTrace"],
  metrics: ["MetricsService", "ExportMetrics"],
  logs: ["LogsService", "ExportLogs"],
} as const;

/** An OTLP receiver by the stock gRPC of Node; over TLS where it is given a key and a certificate. */
export async function otlpGrpcReceiver(tls?: Certificate): Promise<GrpcReceiver> {
  const received: Received = { spans: [], metrics: [], logs: [] };
  const metadata: Metadata[] = [];
  const refusals: Partial<ServiceError>[] = [];
  let answer = Buffer.alloc(0);
  const server = new Server();
  for (const [signal, [service, message]] of Object.entries(services)) {
    const handle: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      metadata.push(call.metadata);
      const refusal = refusals.shift();
      if (refusal) return callback(refusal);
      receive(received, message, "application/grpc", call.request);
      callback(null, answer);
    };
    const path = `/opentelemetry.proto.collector.${signal}.v1.${service}/Export`;
    const bytes = (value: Buffer): Buffer => value;
    server.addService(
      {
        export: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes,
          requestDeserialize: bytes,
          responseSerialize: bytes,
          responseDeserialize: bytes,
        },
      },
      { export: handle },
    );
  }
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
      ])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return {
    ...received,
    url: `${tls ? "https" : "http"}://localhost:${port}`,
    metadata,
    refuse: (...errors) => void refusals.splice(0, refusals.length, ...errors),
    acceptInPart(rejected, message) {
      const text = Buffer.from(message);
      const partial = Buffer.concat([Buffer.from([8, rejected, 18, text.length]), text]);
      answer = Buffer.concat([Buffer.from([10, partial.length]), partial]);
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
