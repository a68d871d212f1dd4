/** What a peer may make us hold or do. Every connection has its own count. */
export interface Limits {
  /** Calls that a peer may have open at once, and handlers that may run; more are refused (REFUSED_STREAM). */
  readonly maxConcurrentStreams: number;
  /** Bytes of a decoded header list, as RFC 9113 counts them; the call is answered RESOURCE_EXHAUSTED. */
  readonly maxHeaderListBytes: number;
  /** Bytes of the HPACK table that the peer may fill. */
  readonly headerTableBytes: number;
  /** The largest frame payload we accept, 16,384 to 16,777,215. */
  readonly maxFrameBytes: number;
  /** CONTINUATION frames of one header block; more end the connection (ENHANCE_YOUR_CALM). */
  readonly maxContinuations: number;
  /** Bytes that a peer may send on one stream before we took them. */
  readonly streamWindowBytes: number;
  /** The same for the connection. */
  readonly connectionWindowBytes: number;
  /** The largest message, decompressed too; the call fails with RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  /** The largest message that we send. */
  readonly maxSendBytes: number;
  /** Bytes of unfinished and unread messages of all calls together; the call that passes it fails. */
  readonly maxHeldBytes: number;
  /** Bytes that wait for a peer that does not read; past it we stop reading from that peer. */
  readonly maxQueuedBytes: number;
  /** A peer that takes nothing for so long while something waits for it is cut off. */
  readonly stallTimeoutMs: number;
  /** Time for TLS, the preface and the first SETTINGS. */
  readonly handshakeTimeoutMs: number;
  /** Streams that a client may reset, or make us reset, at once; and how many more each second. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** PING, SETTINGS, PRIORITY, WINDOW_UPDATE and empty DATA frames without a call that explains them. */
  readonly controlBurst: number;
  readonly controlsPerSecond: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxConcurrentStreams: 1024,
  maxHeaderListBytes: 16 * 1024,
  headerTableBytes: 4096,
  maxFrameBytes: 64 * 1024,
  maxContinuations: 8,
  streamWindowBytes: 512 * 1024,
  connectionWindowBytes: 8 * 1024 * 1024,
  maxMessageBytes: 4 * 1024 * 1024,
  maxSendBytes: 0x7fff_ffff,
  maxHeldBytes: 64 * 1024 * 1024,
  maxQueuedBytes: 16 * 1024 * 1024,
  stallTimeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  resetBurst: 1000,
  resetsPerSecond: 100,
  controlBurst: 1000,
  controlsPerSecond: 100,
};

const RANGES: { readonly [K in keyof Limits]?: readonly [least: number, most: number] } = {
  maxFrameBytes: [16_384, 16_777_215],
  headerTableBytes: [0, 65_536],
  streamWindowBytes: [65_535, 0x7fff_ffff],
  connectionWindowBytes: [65_535, 0x7fff_ffff],
  maxMessageBytes: [0, 0x7fff_ffff],
  maxConcurrentStreams: [1, 0x7fff_ffff],
};

/** The defaults with `changes`; throws RangeError where a value is outside what HTTP/2 or this package allows. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  for (const [name, value] of Object.entries(limits) as [keyof Limits, number][]) {
    const [least, most] = RANGES[name] ?? [0, Number.MAX_SAFE_INTEGER];
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      throw new RangeError(`limits.${name} is ${String(value)}; it must be ${least} to ${most}`);
    }
  }
  return limits;
}
