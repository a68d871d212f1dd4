import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { startInventory } from "../../test/inventory.ts";
import type { Gateway, GatewayOptions } from "../index.ts";

/** An existing application and the gateway before it; both end with `await using`. */
export interface Standing extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly origin: Server;
  readonly originUrl: string;
}

export async function standBefore(
  listener: RequestListener,
  settings: object = {},
  options: Partial<GatewayOptions> = {},
): Promise<Standing> {
  const origin = createServer(listener);
  await once(origin.listen(0, "127.0.0.1"), "listening");
  const originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const gateway = await startInventory({ legacy: { url: originUrl, ...settings }, ...options });
  return {
    gateway,
    origin,
    originUrl,
    async [Symbol.asyncDispose]() {
      origin.closeAllConnections();
      origin.close();
      await gateway.drain(0);
    },
  };
}

/** Tells what arrived, byte for byte. */
export const echo: RequestListener = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      method: request.method,
      url: request.url,
      raw: request.rawHeaders,
      headers: request.headers,
      body: Buffer.concat(chunks).toString("latin1"),
      trailers: request.rawTrailers,
    }),
  );
};

export interface Told {
  readonly method: string;
  readonly url: string;
  readonly raw: string[];
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly trailers: string[];
}

/** Asks with full control over what is sent. */
export async function ask(
  url: string,
  options: { method?: string; path?: string; headers?: string[]; body?: Buffer | string } = {},
): Promise<{ answer: IncomingMessage; text: string; bytes: Buffer }> {
  const { hostname, port } = new URL(url);
  const request = httpRequest({
    host: hostname,
    port,
    method: options.method ?? "GET",
    path: options.path ?? "/",
    agent: false,
    headers: options.headers ?? ["Host", "shop.example"],
  });
  request.end(options.body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  const bytes = Buffer.concat(await answer.toArray());
  return { answer, text: bytes.toString(), bytes };
}

/** Raw headers of lines: `"X-Custom: one"`. */
export function lines(...given: string[]): string[] {
  return given.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
}
