import { afterEach, expect, it } from "vitest";
import { startInventory } from "../../test/inventory.ts";
import { exchange } from "../../test/raw.ts";
import type { Gateway } from "../index.ts";

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.drain(0);
  gateway = undefined;
});

const path = "/.well-known/oauth-protected-resource";

it("tells where people log in, as RFC 9728 has it", async () => {
  gateway = await startInventory({ credentials: { issuers: ["https://id.example/realm"] } });
  const answer = await fetch(gateway.url + path);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(await answer.json()).toEqual({
    resource: gateway.url,
    authorization_servers: ["https://id.example/realm"],
    bearer_methods_supported: ["header"],
  });
});

it("is https behind a proxy, and repeats no host that is none", async () => {
  gateway = await startInventory({
    credentials: { issuers: ["https://id.example/realm"] },
    trustedProxies: 1,
  });
  const ask = async (host: string) =>
    (await exchange(gateway!.url, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)).text;
  expect(await ask("shop.example")).toContain('"resource":"https://shop.example"');
  const odd = await ask('x"onerror=1');
  expect(odd).toMatch(/^HTTP\/1.1 400 /);
  expect(odd).not.toContain("onerror");
});

it("is not there where nobody logs in", async () => {
  gateway = await startInventory({});
  expect((await fetch(gateway.url + path)).status).toBe(404);
});
