import { createServer, type ServerResponse } from "node:http";
import { BlockList, isIPv6, type AddressInfo } from "node:net";
import { Failure } from "./usage.ts";

type Metrics = (accept: string | undefined) => { readonly type: string; readonly body: string };

export interface HealthOptions {
  /** Where others may reach it, it answers them all but `/status`. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly ready: () => boolean;
  /** Undefined while the unit starts. */
  readonly status: () => Promise<object | undefined>;
  /** Makes the body of `/metrics`, in the format that a client accepts; not there where absent. */
  readonly metrics?: Metrics | undefined;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A watcher asks in one packet. Who is slower holds one of few connections, and others out. */
const limits = {
  headersTimeout: 2_000,
  requestTimeout: 2_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8_192,
};
/** Of a connection on which nothing moves, such as of one who does not read. */
const idleMs = 10_000;
const mostConnections = 64;

/**
 * Answers `/livez` (the process lives), `/readyz` (it serves: 200, else 503), `/metrics` (Prometheus), and to this machine
 * `/status` (JSON: what is unfinished), for whoever watches the process.
 * @throws Failure where the host is none of this machine's
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer(limits, (request, response) => {
    const answer = (status: number, body: object) => {
      // A watcher that asks once a second must not hold up the end of the process.
      response.writeHead(status, {
        "content-type": "application/json",
        "cache-control": "no-store",
        connection: "close",
      });
      response.end(request.method === "HEAD" ? undefined : `${JSON.stringify(body)}\n`);
    };
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(405, { error: "only GET is known here" });
    switch (request.url?.split("?")[0]) {
      case "/livez":
        return answer(200, { alive: true });
      case "/readyz":
        return answer(options.ready() ? 200 : 503, { ready: options.ready() });
      case "/status":
        // It asks the databases, which strangers must not.
        if (!isThisMachine(request.socket.remoteAddress))
          return answer(403, { error: "/status is for this machine; kerf status tells the same elsewhere" });
        return void options.status().then(
          (status) => answer(status ? 200 : 503, status ?? { ready: false }),
          () => answer(503, { error: "the status cannot be read at the moment; the log has the cause" }),
        );
      case "/metrics":
        if (!options.metrics) return answer(404, { error: "telemetry is off: OTEL_SDK_DISABLED" });
        return writeMetrics(response, options.metrics(request.headers.accept));
      default:
        return answer(404, { error: "there are /livez, /readyz, /status and /metrics" });
    }
  });
  server.maxConnections = mostConnections;
  server.setTimeout(idleMs);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(["ENOTFOUND", "EADDRNOTAVAIL"].includes(error.code ?? "") ? notOurs(options.host) : error),
    );
    server.listen(options.port, options.host, resolve);
  });
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a peer is on loopback, also as a socket for both families writes it (`::ffff:127.0.0.1`). */
function isThisMachine(address = ""): boolean {
  return loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function notOurs(host: string): Failure {
  return new Failure(
    `KERF_HEALTH_HOST is "${host}", which is no address of this machine. 0.0.0.0 is all of them, :: with those of IPv6.`,
  );
}

function writeMetrics(response: ServerResponse, { type, body }: ReturnType<Metrics>): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store", connection: "close" });
  response.end(body);
}
