import {
  bidi,
  clientStream,
  enumeration,
  GrpcError,
  implement,
  message,
  protobuf,
  serverStream,
  service,
  unary,
  type Implementation,
  type ServerCall,
  type StatusCode,
} from "../../src/index.ts";

// grpc.testing.TestService, the service of gRPC's official interoperability tests (grpc/doc/interop-test-descriptions.md).
interface Payload {
  type?: string;
  body?: Uint8Array;
}
interface EchoStatus {
  code: number;
  message: string;
}
export interface SimpleRequest {
  response_size?: number;
  payload?: Payload;
  response_status?: EchoStatus;
}
export interface SimpleResponse {
  payload?: Payload;
}
export interface OutputRequest {
  response_parameters?: { size: number; interval_us?: number }[];
  payload?: Payload;
  response_status?: EchoStatus;
}
export interface OutputResponse {
  payload?: Payload;
}

const payloadType = enumeration("grpc.testing.PayloadType", { COMPRESSABLE: 0 });
const payload = message("grpc.testing.Payload", [
  { name: "type", number: 1, type: payloadType },
  { name: "body", number: 2, type: "bytes" },
]);
const echoStatus = message("grpc.testing.EchoStatus", [
  { name: "code", number: 1, type: "int32" },
  { name: "message", number: 2, type: "string" },
]);
const empty = protobuf<Record<string, never>>(message("grpc.testing.Empty", []));
const simpleRequest = protobuf<SimpleRequest>(
  message("grpc.testing.SimpleRequest", [
    { name: "response_type", number: 1, type: payloadType },
    { name: "response_size", number: 2, type: "int32" },
    { name: "payload", number: 3, type: payload },
    { name: "response_status", number: 7, type: echoStatus },
  ]),
);
const simpleResponse = protobuf<SimpleResponse>(
  message("grpc.testing.SimpleResponse", [{ name: "payload", number: 1, type: payload }]),
);
const inputRequest = protobuf<{ payload?: Payload }>(
  message("grpc.testing.StreamingInputCallRequest", [{ name: "payload", number: 1, type: payload }]),
);
const inputResponse = protobuf<{ aggregated_payload_size: number }>(
  message("grpc.testing.StreamingInputCallResponse", [
    { name: "aggregated_payload_size", number: 1, type: "int32" },
  ]),
);
const parameters = message("grpc.testing.ResponseParameters", [
  { name: "size", number: 1, type: "int32" },
  { name: "interval_us", number: 2, type: "int32" },
]);
const outputRequest = protobuf<OutputRequest>(
  message("grpc.testing.StreamingOutputCallRequest", [
    { name: "response_type", number: 1, type: payloadType },
    { name: "response_parameters", number: 2, type: parameters, repeated: true },
    { name: "payload", number: 3, type: payload },
    { name: "response_status", number: 7, type: echoStatus },
  ]),
);
const outputResponse = protobuf<OutputResponse>(
  message("grpc.testing.StreamingOutputCallResponse", [{ name: "payload", number: 1, type: payload }]),
);

export const testService = service("grpc.testing.TestService", {
  EmptyCall: unary(empty, empty),
  UnaryCall: unary(simpleRequest, simpleResponse),
  StreamingOutputCall: serverStream(outputRequest, outputResponse),
  StreamingInputCall: clientStream(inputRequest, inputResponse),
  FullDuplexCall: bidi(outputRequest, outputResponse),
  HalfDuplexCall: bidi(outputRequest, outputResponse),
  UnimplementedCall: unary(empty, empty),
});

export const unimplementedService = service("grpc.testing.UnimplementedService", {
  UnimplementedCall: unary(empty, empty),
});

export const ECHO_INITIAL = "x-grpc-test-echo-initial";
export const ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";

function echoMetadata(call: ServerCall): void {
  const initial = call.metadata.get(ECHO_INITIAL);
  if (initial !== undefined) call.responseHeaders.set(ECHO_INITIAL, initial);
  const trailing = call.metadata.get(ECHO_TRAILING);
  if (trailing !== undefined) call.responseTrailers.set(ECHO_TRAILING, trailing);
}

function echo(status: EchoStatus | undefined): void {
  if (status !== undefined && status.code !== 0)
    throw new GrpcError(status.code as StatusCode, status.message);
}

const zeros = (size: number): Payload => ({ type: "COMPRESSABLE", body: new Uint8Array(size) });

async function* outputs(request: OutputRequest, signal: AbortSignal): AsyncGenerator<OutputResponse> {
  for (const { size, interval_us: interval = 0 } of request.response_parameters ?? []) {
    if (interval > 0) await new Promise((resolve) => setTimeout(resolve, interval / 1000));
    if (signal.aborted) return;
    yield { payload: zeros(size) };
  }
  echo(request.response_status);
}

/** The server side of the official tests. */
export const testServer: Implementation = implement(testService, {
  EmptyCall: () => ({}),
  UnaryCall: (request, call) => {
    echoMetadata(call);
    echo(request.response_status);
    return { payload: zeros(request.response_size ?? 0) };
  },
  StreamingOutputCall: (request, call) => outputs(request, call.signal),
  StreamingInputCall: async (requests) => {
    let size = 0;
    for await (const request of requests) size += request.payload?.body?.length ?? 0;
    return { aggregated_payload_size: size };
  },
  FullDuplexCall: async function* (requests, call) {
    echoMetadata(call);
    for await (const request of requests) yield* outputs(request, call.signal);
  },
  HalfDuplexCall: async function* (requests, call) {
    const all: OutputRequest[] = [];
    for await (const request of requests) all.push(request);
    for (const request of all) yield* outputs(request, call.signal);
  },
});
