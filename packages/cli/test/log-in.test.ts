/** The provider that `kerf dev` runs beside an application that has people to log in as. */
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { attachEmbedded, type EmbeddedServer } from "@kerf/runtime/embedded";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyApp, KerfProcess, processesNaming } from "./kerf-process.ts";

const app = copyApp();
let server: EmbeddedServer;

beforeAll(async () => {
  mkdirSync(join(app.folder, "pg"));
  server = await attachEmbedded({ dataDir: join(app.folder, "pg") });
  const file = join(app.folder, "kerf.config.ts");
  const provider = `gateway: { developmentProvider: {
    people: [{ id: "ann", name: "Ann" }],
    clients: [
      { id: "machine", secret: "secret-of-the-machine" },
      { id: "web", redirectUris: ["{gateway}/callback"] },
    ],
  } },\n  hints:`;
  writeFileSync(file, readFileSync(file, "utf8").replace("hints:", provider));
});

afterAll(async () => {
  await server.release({ now: true });
  app.remove();
});

async function start(...more: string[]) {
  const dev = new KerfProcess(["dev", "--port", "0", "--json", "--no-watch", ...more], app.folder, {
    KERF_DATABASE_URL: server.url,
  });
  const { gateway, issuer } = await dev.event("ready");
  return { dev, gateway: gateway!, issuer: issuer! };
}

async function token(issuer: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("machine:secret-of-the-machine")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function mine(gateway: string, credential: string): Promise<number> {
  return (await fetch(`${gateway}/v1/mine`, { headers: { authorization: `Bearer ${credential}` } })).status;
}

/** Whether it would ask somebody who they are, on behalf of that client. */
async function asks(issuer: string, client: string, redirect: string): Promise<boolean> {
  const asked = new URL(`${issuer}/auth`);
  asked.search = new URLSearchParams({
    client_id: client,
    response_type: "code",
    scope: "openid",
    redirect_uri: redirect,
    code_challenge: "c".repeat(43),
    code_challenge_method: "S256",
  }).toString();
  const answer = await fetch(asked, { redirect: "manual" });
  return (answer.headers.get("location") ?? "").startsWith("/interaction/");
}

/** The dashboard has real tokens of the provider's people, and of nobody else. */
async function callsAsPeople(dev: KerfProcess): Promise<void> {
  await dev.event("dashboard");
  const file = join(app.folder, ".kerf", "dashboard.json");
  const { url, token: secret } = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const call = async (more: object) =>
    (
      await fetch(`${url}/api/call`, {
        method: "POST",
        headers,
        body: JSON.stringify({ member: "clock@1.mine", ...more }),
      })
    ).json() as Promise<{ status?: number; body?: unknown; error?: string }>;
  expect(await (await fetch(`${url}/api/people`, { headers })).json()).toEqual({
    people: [{ id: "ann", name: "Ann", roles: [] }],
  });
  expect(await call({ as: "ann" })).toMatchObject({ status: 200 });
  expect(await call({})).toMatchObject({ status: 401 });
  expect(await call({ token: "not.a.token" })).toMatchObject({ status: 401 });
  expect(await call({ token: "dev:ann" })).toMatchObject({ status: 200 });
  expect(await call({ as: "mallory" })).toMatchObject({ error: expect.stringMatching(/nobody called/) });
  expect(await call({ as: "ann", token: "x" })).toMatchObject({ error: expect.stringMatching(/not both/) });
}

test("its tokens are believed beside dev:<id>, in every topology, and it ends with the session", async () => {
  for (const topology of ["monolith", "split"]) {
    const { dev, gateway, issuer } = await start("--topology", topology);
    try {
      const good = await token(issuer);
      expect(await mine(gateway, good)).toBe(200);
      expect(await mine(gateway, `${good.slice(0, -8)}AAAAAAAA`)).toBe(401);
      expect(await mine(gateway, "dev:ann")).toBe(200);
      if (topology === "split") await callsAsPeople(dev);
      // The gateway's port is part of where people come back to.
      const local = gateway.replace("127.0.0.1", "localhost");
      expect(await asks(issuer, "web", `${gateway}/callback`)).toBe(true);
      expect(await asks(issuer, "web", `${local}/callback`)).toBe(true);
      expect(await asks(issuer, "web", `${gateway}/callback/more`)).toBe(false);
      expect(await asks(issuer, "reference", `${gateway}/docs/oauth2-redirect.html`)).toBe(true);
      dev.child.kill("SIGINT");
      expect((await dev.exited).code).toBe(130);
      await expect(fetch(`${issuer}/jwks`)).rejects.toThrow("fetch failed");
      expect(processesNaming(dev.marker)).toEqual([]);
    } finally {
      await dev.destroy();
    }
  }
  expect(statSync(join(app.folder, ".kerf", "identity", "keys.json")).mode & 0o777).toBe(0o600);
});

/** Two ports, one after the other, that nobody has. Below those that systems give to connections of their own accord. */
async function neighbours(): Promise<readonly [free: number, taken: Server]> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const [lower, upper] = await Promise.all([listening(port), listening(port + 1)]);
    lower?.close();
    if (lower && upper) return [port, upper];
    upper?.close();
  }
}

async function listening(port: number): Promise<Server | undefined> {
  const listener = createServer().listen(port, "127.0.0.1");
  return await once(listener, "listening").then(
    () => listener,
    () => undefined,
  );
}

test("a port next to the gateway's that somebody has is left alone", async () => {
  const [port, other] = await neighbours();
  const { dev, gateway, issuer } = await start("--port", String(port));
  try {
    expect(new URL(gateway).port).toBe(String(port));
    expect(new URL(issuer).port).not.toBe(String(port + 1));
    expect((await fetch(`${issuer}/jwks`)).status).toBe(200);
  } finally {
    await dev.destroy();
    other.close();
  }
});
