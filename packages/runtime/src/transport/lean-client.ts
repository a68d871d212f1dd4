import { connect, GrpcError, raw, type Channel, type Method } from "@kerf/grpc";
import { statusNumbers } from "kerf";
import { StreamChannels } from "./stream-channels.ts";
import { MAX_MESSAGE_BYTES } from "../proto/index.ts";
import { type OutgoingCall, type WireClient, WireFailure } from "./wire.ts";

const options = {
  connectTimeoutMs: 2_000,
  // A unit that restarts is back soon: waiting a second for it would be longer than most deadlines.
  backoff: { initialMs: 100, maxMs: 500 },
  keepalive: { intervalMs: 30_000, timeoutMs: 5_000 },
  // Errors carry their data in the trailers.
  limits: {
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxSendBytes: MAX_MESSAGE_BYTES,
    maxHeaderListBytes: 64 * 1024,
  },
} as const;

type RawMethod = Method<Uint8Array, Uint8Array, "unary">;

/** A gRPC client by @kerf/grpc. */
export function leanClient(address: string): WireClient {
  const channel = connect(address, options);
  const methods = new Map<string, RawMethod>();
  const streams = new StreamChannels(address, options);
  return {
    send: (call) => send(channel, methodAt(methods, call.path), call),
    open: streams.open,
    close: () => {
      streams.close();
      void channel.close({ graceMs: 0 });
    },
  };
}

function methodAt(methods: Map<string, RawMethod>, path: string): RawMethod {
  let method = methods.get(path);
  if (!method) methods.set(path, (method = { kind: "unary", input: raw, output: raw, path }));
  return method;
}

async function send(channel: Channel, method: RawMethod, call: OutgoingCall): Promise<Uint8Array> {
  const { message, metadata, deadlineAt, signal } = call;
  try {
    return await channel.unary(method, message, { metadata, signal, timeoutMs: deadlineAt - Date.now() });
  } catch (error) {
    if (error instanceof GrpcError) throw new WireFailure(error.code, error.message, error.details);
    throw new WireFailure(statusNumbers.INTERNAL, `the call could not be sent: ${String(error)}`);
  }
}
