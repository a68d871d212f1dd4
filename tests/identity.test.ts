import { openIdentity, startGateway } from "@kerf/gateway";
import { startProvider } from "@kerf/identity";
import { createLog } from "@kerf/runtime";
import { contract, query, type Actor } from "kerf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const me = contract("me", {
  version: 1,
  who: query({
    http: "GET /me",
    access: "role:import",
    output: z.object({ id: z.string(), roles: z.array(z.string()) }),
  }),
});
const secret = "a-secret-of-the-importer";

/** A token of the importer, as an Authorization header has it. */
async function tokenOf(issuer: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`importer:${secret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
}

test("the gateway believes the provider that comes with Kerf, and only tokens that are for it", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "kerf-identity-"));
  const log = createLog({ unit: "test", level: "silent" });
  const provider = await startProvider({
    port: 0,
    audience: "shop",
    dataDir,
    log: () => {},
    people: [{ id: "alice", name: "Alice" }],
    clients: [{ id: "importer", secret, roles: ["import"] }],
  });
  const gatewayFor = (audience: string) =>
    startGateway({
      contracts: [me],
      invoke: async ({ actor }) => actor as Actor,
      identify: openIdentity({ providers: { issuer: provider.issuer, audience }, development: true, log }),
      app: "shop",
      host: "127.0.0.1",
      port: 0,
      log,
      ready: () => true,
    });
  const [shop, other] = [await gatewayFor("shop"), await gatewayFor("blog")];
  const ask = async (url: string, authorization: string): Promise<[number, unknown]> => {
    const response = await fetch(`${url}/v1/me`, { headers: { authorization } });
    return [response.status, await response.json()];
  };
  try {
    const token = await tokenOf(provider.issuer);
    const importer = { id: "importer", roles: ["import"] };
    expect(await ask(shop.url, token)).toEqual([200, importer]);
    // Once more, as it is known now.
    expect(await ask(shop.url, token)).toEqual([200, importer]);
    expect(await ask(other.url, token)).toMatchObject([401, { type: "/problems/unauthenticated" }]);
    // With keys that are new, at once.
    provider.rotate();
    expect(await ask(shop.url, await tokenOf(provider.issuer))).toEqual([200, importer]);
    // Beside it, what development believes.
    expect(await ask(shop.url, "Bearer dev:ann:import")).toEqual([200, { id: "ann", roles: ["import"] }]);
    expect(await ask(shop.url, "Bearer dev:ann")).toMatchObject([403, { type: "/problems/forbidden" }]);
  } finally {
    await Promise.all([shop.drain(0), other.drain(0), provider.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  }
});
