import { GrpcError, Metadata, Status, type Channel } from "../../src/index.ts";
import {
  ECHO_INITIAL,
  ECHO_TRAILING,
  testService,
  unimplementedService,
  type OutputRequest,
} from "./test-service.ts";

// The client side of gRPC's official interoperability tests, under their official names.
const { EmptyCall, UnaryCall, StreamingOutputCall, StreamingInputCall, FullDuplexCall, UnimplementedCall } =
  testService.methods;

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function equal(actual: unknown, expected: unknown, what: string): void {
  check(actual === expected, `${what}: ${String(actual)} instead of ${String(expected)}`);
}

async function fails(call: Promise<unknown>, code: number, message?: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  check(error instanceof GrpcError, `the call should fail with a GrpcError, not ${String(error)}`);
  equal((error as GrpcError).code, code, "status");
  if (message !== undefined) equal((error as GrpcError).message, message, "message");
}

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

const zeros = (size: number): { body: Uint8Array } => ({ body: new Uint8Array(size) });
const SIZES = [
  [27_182, 31_415],
  [8, 9],
  [1828, 2653],
  [45_904, 58_979],
] as const;

/** An iterable that gives a message when it is told to. */
function feed<T>(): { push(value: T): void; end(): void; values: AsyncIterable<T> } {
  const queue: (T | undefined)[] = [];
  let wake: (() => void) | undefined;
  const put = (value: T | undefined): void => {
    queue.push(value);
    wake?.();
  };
  const values = (async function* () {
    for (;;) {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const value = queue.shift();
      if (value === undefined) return;
      yield value;
    }
  })();
  return { push: put, end: () => put(undefined), values };
}

export const CASES: Readonly<Record<string, (channel: Channel) => Promise<void>>> = {
  empty_unary: async (channel) => {
    await channel.unary(EmptyCall, {});
  },
  large_unary: async (channel) => {
    const reply = await channel.unary(UnaryCall, { response_size: 314_159, payload: zeros(271_828) });
    equal(reply.payload?.body?.length, 314_159, "size");
  },
  client_streaming: async (channel) => {
    const requests = SIZES.map(([size]) => ({ payload: zeros(size) }));
    equal((await channel.clientStream(StreamingInputCall, requests)).aggregated_payload_size, 74_922, "sum");
  },
  server_streaming: async (channel) => {
    const sizes: number[] = [];
    const request = { response_parameters: SIZES.map(([, size]) => ({ size })) };
    for await (const reply of channel.serverStream(StreamingOutputCall, request))
      sizes.push(reply.payload?.body?.length ?? 0);
    equal(sizes.join(), SIZES.map(([, size]) => size).join(), "sizes");
  },
  ping_pong: async (channel) => {
    const requests = feed<OutputRequest>();
    const replies = channel.bidi(FullDuplexCall, requests.values)[Symbol.asyncIterator]();
    for (const [payload, size] of SIZES) {
      requests.push({ response_parameters: [{ size }], payload: zeros(payload) });
      const { value } = await replies.next();
      equal(value.payload?.body?.length, size, "size");
    }
    requests.end();
    equal((await replies.next()).done, true, "end");
  },
  empty_stream: async (channel) => {
    for await (const _ of channel.bidi(FullDuplexCall, []))
      throw new Error("a message that nobody asked for");
  },
  timeout_on_sleeping_server: async (channel) => {
    const request = { payload: zeros(27_182), response_parameters: [{ size: 1, interval_us: 1_000_000 }] };
    await fails(
      drain(channel.serverStream(StreamingOutputCall, request, { timeoutMs: 20 })),
      Status.DEADLINE_EXCEEDED,
    );
  },
  cancel_after_begin: async (channel) => {
    const controller = new AbortController();
    const call = channel.clientStream(StreamingInputCall, feed<object>().values, {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 5);
    await fails(call, Status.CANCELLED);
  },
  cancel_after_first_response: async (channel) => {
    const controller = new AbortController();
    const requests = feed<OutputRequest>();
    const call = channel.bidi(FullDuplexCall, requests.values, { signal: controller.signal });
    const replies = call[Symbol.asyncIterator]();
    requests.push({ response_parameters: [{ size: 31_415 }], payload: zeros(27_182) });
    await replies.next();
    controller.abort();
    await fails(replies.next(), Status.CANCELLED);
  },
  status_code_and_message: async (channel) => {
    const status = { code: 2, message: "test status message" };
    await fails(channel.unary(UnaryCall, { response_status: status }), 2, status.message);
    await fails(drain(channel.bidi(FullDuplexCall, [{ response_status: status }])), 2, status.message);
  },
  special_status_message: async (channel) => {
    const text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    await fails(channel.unary(UnaryCall, { response_status: { code: 2, message: text } }), 2, text);
  },
  custom_metadata: async (channel) => {
    const bytes = new Uint8Array([0xab, 0xab, 0xab]);
    const metadata = { [ECHO_INITIAL]: "test_initial_metadata_value", [ECHO_TRAILING]: bytes };
    const got: { header?: Metadata; trailer?: Metadata } = {};
    const options = {
      metadata,
      onHeader: (header: Metadata) => void (got.header = header),
      onTrailer: (trailer: Metadata) => void (got.trailer = trailer),
    };
    const verify = (): void => {
      equal(got.header?.get(ECHO_INITIAL), "test_initial_metadata_value", "initial");
      equal(String(got.trailer?.get(ECHO_TRAILING)), String(bytes), "trailing");
    };
    await channel.unary(UnaryCall, { response_size: 314_159, payload: zeros(271_828) }, options);
    verify();
    const request = { response_parameters: [{ size: 314_159 }], payload: zeros(271_828) };
    await drain(channel.bidi(FullDuplexCall, [request], options));
    verify();
  },
  unimplemented_method: (channel) => fails(channel.unary(UnimplementedCall, {}), Status.UNIMPLEMENTED),
  unimplemented_service: (channel) =>
    fails(channel.unary(unimplementedService.methods.UnimplementedCall, {}), Status.UNIMPLEMENTED),
};
