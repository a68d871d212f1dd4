import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { officeProvider } from "./office.ts";

test("a provider behind TLS says its https issuer, and gives a machine tokens of it", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "kerf-office-"));
  process.env["IMPORTER_SECRET"] = "a-secret-of-the-importer";
  const provider = await officeProvider({ port: 0, dataDir });
  try {
    const at = `http://127.0.0.1:${provider.port}`;
    // What a stranger says of the host changes nothing.
    const headers = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" };
    const found = await fetch(`${at}/.well-known/openid-configuration`, { headers });
    expect(await found.json()).toMatchObject({
      issuer: "https://id.office.example",
      token_endpoint: "https://id.office.example/token",
    });
    const answer = await fetch(`${at}/token`, {
      method: "POST",
      headers: { ...headers, authorization: `Basic ${btoa("importer:a-secret-of-the-importer")}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
    expect(claims).toMatchObject({
      iss: "https://id.office.example",
      aud: "box-office",
      sub: "importer",
      roles: ["import"],
    });
  } finally {
    await provider.close();
    await rm(dataDir, { recursive: true });
  }
});
