import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { receive, type Received } from "./received.ts";

export interface Receiver extends Received, AsyncDisposable {
  readonly url: string;
  /** Of each request. */
  readonly contentTypes: string[];
  readonly headers: IncomingHttpHeaders[];
  /** Answered instead of 200 from now on. */
  fail(status: number): void;
}

const messages: Readonly<Record<string, "ExportTrace" | "ExportMetrics" | "ExportLogs">> = {
  "/v1/traces": "ExportTrace",
  "/v1/metrics": "ExportMetrics",
  "/v1/logs": "ExportLogs",
};

/** An OTLP receiver over HTTP that reads both protobuf, by the published definitions, and JSON. */
export async function otlpReceiver(): Promise<Receiver> {
  const received: Received = { spans: [], metrics: [], logs: [] };
  const contentTypes: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const type = request.headers["content-type"] ?? "";
      contentTypes.push(type);
      headers.push(request.headers);
      if (status === 200) receive(received, messages[request.url!]!, type, body);
      response.writeHead(status, { "content-type": type }).end(type.includes("json") ? "{}" : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...received,
    contentTypes,
    headers,
    fail: (given) => void (status = given),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}
