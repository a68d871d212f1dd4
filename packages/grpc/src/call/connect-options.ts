import type { KeepaliveOptions } from "../http2/keepalive.ts";
import type { Limits } from "../http2/limits.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { Interceptor } from "./interceptor.ts";
import type { ClientTls } from "./target.ts";

export interface ConnectOptions {
  /** TLS: `true` trusts the system's authorities. Without it the connection is plain TCP. */
  readonly tls?: boolean | ClientTls;
  /** `:authority`; the target's host and port when not given. */
  readonly authority?: string;
  readonly userAgent?: string;
  readonly interceptors?: readonly Interceptor[];
  readonly keepalive?: KeepaliveOptions;
  readonly backoff?: BackoffOptions;
  /** Time for TCP, TLS and the server's SETTINGS; 20,000 when not given. */
  readonly connectTimeoutMs?: number;
  /** What the server may make us hold. */
  readonly limits?: Partial<Limits>;
}

export type ChannelState = "idle" | "connecting" | "ready" | "failed" | "closed";
