import type { Reply, Request } from "./payload.ts";

export interface RunningServer {
  readonly address: string;
  close(): Promise<void> | void;
}

export interface RunningClient {
  call(request: Request, n: number): Promise<Reply>;
  /** Reads a stream of so many replies. */
  stream?(request: Request): Promise<number>;
  close(): Promise<void> | void;
}

/** One way to call a service in another process. */
export interface Contender {
  readonly serve: (tls: Tls | undefined) => Promise<RunningServer>;
  readonly connect: (address: string, tls: Tls | undefined) => Promise<RunningClient>;
}

export interface Tls {
  readonly key: string;
  readonly cert: string;
}
