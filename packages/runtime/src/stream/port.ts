import type { AnyStream } from "kerf";
import type { CallHeader } from "../transport/transport.ts";
import type { Changes } from "./changes.ts";
import type { Gate } from "./gate.ts";
import type { StreamLimits } from "./limits.ts";
import type { OpenStreams } from "./open-streams.ts";

/** A stream that leaves a handler. Its iteration throws DeclaredError | StatusError only. */
export type OutboundStream = (
  member: AnyStream,
  input: unknown,
  header: CallHeader,
  reader: AbortSignal,
) => AsyncIterable<unknown>;

/** What the streams of a service run on. */
export interface StreamPort {
  readonly limits: StreamLimits;
  readonly open: OpenStreams;
  readonly outbound: OutboundStream;
  /** Bounds how many connections the streams of the service use at once. */
  readonly reads: Gate;
  /** Of a service with a database. */
  readonly changes: () => Changes | undefined;
}
