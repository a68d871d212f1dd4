import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "../proto/index.ts";
import { type OutgoingCall, type WireClient, WireFailure } from "./wire.ts";

const options = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  // Retries are the business of the caller, who has a budget for them.
  "grpc.enable_retries": 0,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  // A peer that vanished without a word is noticed.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // Closing this client closes its connection.
  "grpc.use_local_subchannel_pool": 1,
  // Units reach each other directly, whatever the environment says.
  "grpc.enable_http_proxy": 0,
};

const asIs = (bytes: Buffer): Buffer => bytes;

/** A gRPC client by @grpc/grpc-js. */
export function grpcJsClient(address: string): WireClient {
  const client = new Client(address, credentials.createInsecure(), options);
  return { send: (call) => send(client, call), close: () => client.close() };
}

function send(client: Client, call: OutgoingCall): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(call.metadata)) metadata.set(name, value);
    const { path, message, deadlineAt: deadline, signal } = call;
    const stop = (): void => running.cancel();
    const running = client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      message,
      metadata,
      { deadline },
      (error, reply) => {
        signal.removeEventListener("abort", stop);
        if (error || !reply) reject(failureOf(error));
        else resolve(reply);
      },
    );
    signal.addEventListener("abort", stop, { once: true });
  });
}

function failureOf(error: ServiceError | null): WireFailure {
  if (!error) return new WireFailure(status.INTERNAL, "neither a reply nor an error came");
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return new WireFailure(error.code, error.details, Buffer.isBuffer(details) ? details : undefined);
}
