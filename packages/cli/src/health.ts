import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Metrics = (accept: string | undefined) => { readonly type: string; readonly body: string };

export interface HealthOptions {
  /** On loopback; 0 takes any that is free. */
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

/**
 * Answers `/livez` (the process lives), `/readyz` (it serves: 200, else 503), `/status` (JSON: what is unfinished) and
 * `/metrics` (Prometheus), on loopback, for whoever watches the process.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) => {
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
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function writeMetrics(response: ServerResponse, { type, body }: ReturnType<Metrics>): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store", connection: "close" });
  response.end(body);
}
