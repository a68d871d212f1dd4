import { connect, GrpcError, raw, type Channel, type ConnectOptions, type Method } from "@kerf/grpc";
import { statusNumbers } from "kerf";
import { type OpenStream, type OutgoingCall, WireFailure } from "./wire.ts";

/** Half of what a connection may have open: the other half is for those that are just ending. */
const mostEach = 512;

/** A slow reader holds no more than its own window, and all windows of a connection fit into that of the connection. */
const windows = { streamWindowBytes: 65_536, connectionWindowBytes: 65_536 * mostEach * 2 };

type RawMethod = Method<Uint8Array, Uint8Array, "serverStream">;

/**
 * The streams to one address, on connections of their own: they live long, and calls must not wait for one of them to end.
 */
export class StreamChannels {
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #methods = new Map<string, RawMethod>();
  readonly #channels: { readonly channel: Channel; open: number }[] = [];

  constructor(address: string, options: ConnectOptions) {
    this.#address = address;
    this.#options = { ...options, limits: { ...options.limits, ...windows } };
  }

  readonly open: OpenStream = (call) => this.#open(call);

  async *#open(call: OutgoingCall): AsyncGenerator<Uint8Array> {
    const place = this.#place();
    place.open++;
    try {
      const { message, metadata, deadlineAt, signal } = call;
      const options = { metadata, signal, timeoutMs: deadlineAt - Date.now() };
      yield* place.channel.serverStream(this.#method(call.path), message, options);
    } catch (error) {
      if (error instanceof GrpcError) throw new WireFailure(error.code, error.message, error.details);
      throw new WireFailure(statusNumbers.INTERNAL, `the stream could not be carried: ${String(error)}`);
    } finally {
      place.open--;
    }
  }

  close(): void {
    for (const { channel } of this.#channels.splice(0)) void channel.close({ graceMs: 0 });
  }

  #place() {
    let place = this.#channels.find(({ open }) => open < mostEach);
    if (!place) this.#channels.push((place = { channel: connect(this.#address, this.#options), open: 0 }));
    return place;
  }

  #method(path: string): RawMethod {
    let method = this.#methods.get(path);
    if (!method) this.#methods.set(path, (method = { kind: "serverStream", input: raw, output: raw, path }));
    return method;
  }
}
