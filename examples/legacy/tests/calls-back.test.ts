import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { copyExample, Dev, openBookshop } from "./running.ts";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const kerf = path("../../../packages/cli/bin/kerf.js");

it("has a contract of the application as kerf adopt makes it", () => {
  const made = execFileSync(
    process.execPath,
    [kerf, "adopt", "openapi", path("../application/openapi.yaml")],
    {
      encoding: "utf8",
    },
  );
  const bare = (text: string) => text.replaceAll(/\s+|,(?=\s*[)}\]])/g, "");
  expect(bare(readFileSync(path("../foreign/bookshop.ts"), "utf8"))).toBe(bare(made));
});

it("shows that a service calls it", () => {
  const told = execFileSync(process.execPath, [kerf, "topology", "--config", path("../kerf.config.ts")], {
    encoding: "utf8",
  });
  expect(told).toMatch(/calls of foreign services[\s\S]*desk\s+->\s+bookshop/);
});

describe("a service that calls the application", () => {
  it("passes on its answers and refusals, repeats nothing twice, and survives that it is down", async () => {
    await using application = await openBookshop();
    const front = await relay(application.url);
    const example = copyExample("kerf.config.ts");
    try {
      await using dev = new Dev(example.folder, {
        KERF_LEGACY_URL: application.url,
        KERF_BOOKSHOP_URL: `${front.url}/api`,
        KERF_BOOKSHOP_KEY: "bookshop-key",
      });
      const gateway = await dev.ready(1);
      const buy = async (body: object, key: string = randomUUID()) => {
        const answer = await fetch(`${gateway}/api/purchases`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": key },
          body: JSON.stringify(body),
        });
        return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
      };
      const isbn = "9780141439600";
      expect(await buy({ isbn, copies: 2 }, "first")).toEqual({
        status: 200,
        body: { order: "1", cents: 1798 },
      });
      expect(await buy({ isbn, copies: 2 }, "first")).toEqual({
        status: 200,
        body: { order: "1", cents: 1798 },
      });
      expect(await buy({ isbn, copies: 2 })).toMatchObject({ body: { order: "2" } });
      expect(await buy({ isbn, copies: 9 })).toMatchObject({
        status: 409,
        body: { code: "SoldOut", data: { left: 4 } },
      });
      front.server.close();
      front.cut();
      expect(await buy({ isbn, copies: 1 })).toMatchObject({ status: 503 });
      expect((await fetch(`${gateway}/api/books/${isbn}`)).status).toBe(200);
    } finally {
      front.cut();
      example.remove();
    }
  }, 60_000);
});

/** A way to the application that can be cut while others stay. */
async function relay(url: string): Promise<{ url: string; server: Server; cut(): void }> {
  const { connect } = await import("node:net");
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    const other = connect(Number(new URL(url).port), "127.0.0.1");
    for (const each of [socket, other]) sockets.add(each.on("error", () => each.destroy()));
    socket.pipe(other).pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    cut: () => sockets.forEach((socket) => socket.destroy()),
  };
}
