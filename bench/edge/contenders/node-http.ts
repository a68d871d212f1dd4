import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Contender } from "../contender.ts";
import { validator, verifier } from "../peers.ts";
import { pathsOf, routes, schemasOf } from "../routes.ts";

interface Handler {
  readonly known: boolean;
  /** Up to where the path of the route is fixed. */
  readonly prefix: string;
  readonly parameter: string | undefined;
  readonly method: string;
  run(request: IncomingMessage, response: ServerResponse, parameter: string): Promise<void>;
}

/** No framework: a list of routes, Ajv, JSON. */
export const nodeHttp: Contender = {
  async serve(issuer) {
    const personOf = verifier(issuer);
    const handlers = routes.flatMap((route) => {
      const valid = validator(schemasOf(route).input);
      return pathsOf(route).map(({ path, known }): Handler => {
        const colon = path.indexOf(":");
        const parameter = colon < 0 ? undefined : path.slice(colon + 1);
        return {
          known,
          method: route.method,
          prefix: colon < 0 ? path : path.slice(0, colon),
          parameter,
          async run(request, response, value) {
            const input =
              route.method === "POST" ? await bodyOf(request) : parameter ? { [parameter]: value } : {};
            if (!valid(input)) return send(response, 400, { error: "invalid" });
            send(response, 200, route.answer(input));
          },
        };
      });
    });
    const server = createServer((request, response) => {
      const url = request.url!;
      const found = handlers.find(
        ({ method, prefix, parameter }) =>
          method === request.method && (parameter === undefined ? url === prefix : url.startsWith(prefix)),
      );
      if (found === undefined) return send(response, 404, { error: "not found" });
      const run = () => found.run(request, response, decodeURIComponent(url.slice(found.prefix.length)));
      if (!found.known) return void run();
      void personOf(request.headers.authorization).then((person) =>
        person === undefined ? send(response, 401, { error: "unknown" }) : run(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};

function bodyOf(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
  });
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
