import {
  GrpcError,
  implement,
  serve,
  service,
  Status,
  unary,
  type Implementation,
  type Server,
} from "@kerf/grpc";
import { answer, requests, type Signal } from "./messages.ts";
import type { Row } from "./row.ts";
import { readRows } from "./rows.ts";

export interface GrpcReceiverOptions {
  /** On loopback. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Takes rows; false where there are too many at the moment: the sender tries again. */
  readonly take: (rows: readonly Row[]) => boolean;
  readonly onError: (error: unknown) => void;
}

/** https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto/collector */
const SERVICES: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};

/** As over HTTP: a message of 4 MiB, 16 MiB in all; unpacked it may have no more here. */
const LIMITS = { maxMessageBytes: 4 << 20, maxHeldBytes: 16 << 20, maxConcurrentStreams: 32 };
const MOST_CONNECTIONS = 64;

/** Answers OTLP 1.x over gRPC. @throws Error where the port is taken */
export function receiveByGrpc({ host, port, take, onError }: GrpcReceiverOptions): Promise<Server> {
  return serve({
    host,
    port,
    services: (Object.keys(SERVICES) as Signal[]).map((signal) => exportOf(signal, take)),
    limits: LIMITS,
    maxConnections: MOST_CONNECTIONS,
    onError,
  });
}

function exportOf(signal: Signal, take: GrpcReceiverOptions["take"]): Implementation {
  return implement(service(SERVICES[signal], { Export: unary(requests[signal], answer) }), {
    Export(request) {
      const { rows, rejected, reason } = readRows(signal, request);
      if (rows.length > 0 && !take(rows))
        throw new GrpcError(Status.UNAVAILABLE, "more comes than can be written: try again");
      return rejected === 0 ? {} : { partialSuccess: { rejected: BigInt(rejected), errorMessage: reason } };
    },
  });
}
