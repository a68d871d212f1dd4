import {
  bidi,
  clientStream,
  GrpcError,
  implement,
  raw,
  serverStream,
  service,
  Status,
  unary,
  type Implementation,
} from "../../src/index.ts";

/** The service with which the tests against Python, grpc-js and Node's http2 try every kind of call; messages are bytes. */
export const echoService = service("interop.Echo", {
  Unary: unary(raw, raw),
  Down: serverStream(raw, raw),
  Up: clientStream(raw, raw),
  Chat: bidi(raw, raw),
  Fail: unary(raw, raw),
  Hang: unary(raw, raw),
});

const text = (message: Uint8Array): string => Buffer.from(message).toString();

export const echoServer: Implementation = implement(echoService, {
  Unary: (request, call) => {
    const value = call.metadata.get("x-text");
    if (value !== undefined) call.responseHeaders.set("x-text", value);
    const bytes = call.metadata.get("x-bytes-bin");
    if (bytes !== undefined) call.responseTrailers.set("x-bytes-bin", bytes);
    return request;
  },
  Down: async function* (request) {
    for (let n = Number(text(request)); n > 0; n--) yield new Uint8Array(1000);
  },
  Up: async (requests) => {
    let size = 0;
    for await (const request of requests) size += request.length;
    return Buffer.from(String(size));
  },
  Chat: (requests) => requests,
  Fail: (request) => {
    throw new GrpcError(Status.FAILED_PRECONDITION, text(request));
  },
  Hang: (_, call) =>
    new Promise((resolve) => call.signal.addEventListener("abort", () => resolve(new Uint8Array()))),
});
