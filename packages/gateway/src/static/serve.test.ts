import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startInventory } from "../../test/inventory.ts";
import { exchange } from "../../test/raw.ts";
import type { Gateway } from "../index.ts";

const page = "<!doctype html><title>Shop</title>";
const script = "export const price = 'é';".repeat(50);
const navigation = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

let folder: string;
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kerf-static-"));
  const dist = join(folder, "dist");
  await mkdir(join(dist, "assets"), { recursive: true });
  await mkdir(join(dist, ".well-known"));
  await mkdir(join(dist, "v1"));
  await writeFile(join(dist, "index.html"), page);
  await writeFile(join(dist, "assets", "app-1a2b.js"), script);
  await writeFile(join(dist, "assets", "app-1a2b.js.br"), brotliCompressSync(script));
  await writeFile(join(dist, "assets", "logo.svg"), "<svg/>");
  await writeFile(join(dist, "a%20b #1.txt"), "odd name");
  await writeFile(join(dist, ".env"), "SECRET=1");
  await writeFile(join(dist, ".well-known", "security.txt"), "Contact: x");
  await writeFile(join(dist, "v1", "stock"), "not an answer");
  await writeFile(join(folder, "secret.txt"), "outside");
  await symlink(join(folder, "secret.txt"), join(dist, "link.txt"));
  gateway = await startInventory({
    static: {
      dir: pathToFileURL(`${dist}/`),
      fallback: "index.html",
      csp: { "img-src": ["https://cdn.example"] },
    },
    issuers: ["https://login.example"],
  });
});
afterAll(async () => {
  await gateway.drain(0);
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(gateway.url + path, { method, headers });

describe("static files", () => {
  it("keeps what is named by its content for a year, and asks about the rest", async () => {
    const asset = await get("/assets/logo.svg");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-type")).toBe("image/svg+xml");
    const html = await get("/");
    expect([await html.text(), html.headers.get("cache-control")]).toEqual([page, "no-cache"]);
    expect(html.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const again = await get("/", { "if-none-match": `W/${html.headers.get("etag")}` });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("sees that a page changed which has the same length and time", async () => {
    const file = join(folder, "dist", "same.html");
    await writeFile(file, "one");
    await utimes(file, 1, 1);
    const before = (await get("/same.html")).headers.get("etag")!;
    await rm(file);
    await writeFile(file, "two");
    await utimes(file, 1, 1);
    const after = await get("/same.html", { "if-none-match": before });
    expect([after.status, await after.text()]).toEqual([200, "two"]);
  });

  it("sends what was compressed before to whom accepts it", async () => {
    const packed = await get("/assets/app-1a2b.js", { "accept-encoding": "gzip, br" });
    expect(packed.headers.get("content-encoding")).toBe("br");
    expect(packed.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    expect(await packed.text()).toBe(script);
    const length = Number(packed.headers.get("content-length"));
    expect(length).toBe(brotliCompressSync(script).length);
    const plain = await get("/assets/app-1a2b.js", { "accept-encoding": "br;q=0, identity" });
    expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, script]);
  });

  it("answers a navigation with the page, and nothing else", async () => {
    expect(await (await get("/orders/7", navigation)).text()).toBe(page);
    const statuses = await Promise.all([
      get("/orders/7"),
      get("/orders/7", navigation, "POST"),
      get("/assets/gone-3c4d.js", navigation),
      get("/v1/nothing", navigation),
      get("/v9/nothing", navigation),
      get("/v1/reservations", navigation),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 405]);
    for (const answer of statuses) expect(answer.headers.get("content-type")).toContain("problem+json");
  });

  it("lets no file stand in for a contract", async () => {
    expect((await get("/v1/stock?text=x")).headers.get("content-type")).toContain("application/json");
    expect((await get("/v1/stock/85123A")).status).toBe(200);
  });

  it("answers HEAD and ranges", async () => {
    const head = await get("/assets/app-1a2b.js", { "accept-encoding": "identity" }, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(Number(head.headers.get("content-length"))).toBe(Buffer.byteLength(script));
    const tag = head.headers.get("etag")!;
    const ask = (headers: Record<string, string>) =>
      get("/assets/app-1a2b.js", { "accept-encoding": "identity", ...headers });
    const part = await ask({ range: "bytes=0-5" });
    expect([part.status, await part.text()]).toEqual([206, "export"]);
    expect((await ask({ range: "bytes=0-5", "if-range": tag })).status).toBe(206);
    expect((await ask({ range: "bytes=0-5", "if-range": '"old"' })).status).toBe(200);
    const past = await ask({ range: "bytes=999999-" });
    expect([past.status, past.headers.get("content-range")]).toEqual([
      416,
      `bytes */${Buffer.byteLength(script)}`,
    ]);
  });

  it("protects pages", async () => {
    const { headers } = await get("/");
    const policy = headers.get("content-security-policy")!.split("; ");
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("connect-src 'self' https://login.example");
    expect(policy).toContain("img-src 'self' data: https://cdn.example");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
  });

  it("shows nothing that is hidden or outside of the folder", async () => {
    const paths = [
      "/.env",
      "/%2eenv",
      "/link.txt",
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/assets/%2e%2e%2f.env",
    ];
    paths.push(
      "/..%5csecret.txt",
      "//etc/passwd",
      "/assets/..%252f..%252fsecret.txt",
      "/%ff",
      "/index.html%00.js",
    );
    for (const path of paths) {
      // fetch would normalise the path first.
      const { text } = await exchange(
        gateway.url,
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      expect(text, path).toMatch(/^HTTP\/1.1 40[04] /);
      expect(text, path).not.toMatch(/SECRET|outside/);
    }
    expect((await get("/.well-known/security.txt")).status).toBe(200);
    expect(await (await get("/a%2520b%20%231.txt")).text()).toBe("odd name");
  });

  it("starts without the folder, says so, and serves it when it is there", async () => {
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => lines.push(line) });
    const late = join(folder, "late");
    const other = await startInventory({
      log,
      static: { dir: pathToFileURL(`${late}/`), fallback: "index.html" },
    });
    try {
      expect(lines.join("")).toMatch(/gateway\.static\.dir.*late is not there.*Build the front end/);
      expect((await fetch(other.url, { headers: navigation })).status).toBe(404);
      await mkdir(late);
      await writeFile(join(late, "index.html"), page);
      expect((await fetch(other.url, { headers: navigation })).status).toBe(200);
    } finally {
      await other.drain(0);
    }
  });
});
