import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { Browser, callback, logIn, startShopProvider, temporaryFolder } from "./testing.ts";

const verifier = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";
// BASE64URL(SHA256(verifier)), RFC 7636
const challenge = Buffer.from(
  await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)),
).toString("base64url");

function authorization(issuer: string): URL {
  const url = new URL("/auth", issuer);
  url.search = new URLSearchParams({
    client_id: "web",
    response_type: "code",
    scope: "openid",
    redirect_uri: callback,
    code_challenge: challenge,
    code_challenge_method: "S256",
  }).toString();
  return url;
}

async function tokenFor(issuer: string, back: URL): Promise<string> {
  const response = await fetch(new URL("/token", issuer), {
    method: "POST",
    headers: { connection: "close" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "web",
      redirect_uri: callback,
      code: back.searchParams.get("code")!,
      code_verifier: verifier,
    }),
  });
  const body = (await response.json()) as { access_token: string };
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body.access_token;
}

async function subjectOf(issuer: string, token: string): Promise<string | undefined> {
  const keys = createRemoteJWKSet(new URL("/jwks", issuer), { headers: { connection: "close" } });
  return (await jwtVerify(token, keys, { issuer })).payload.sub;
}

test("a restart keeps the keys and who is logged in", async () => {
  await using folder = await temporaryFolder();
  const browser = new Browser();
  let port: number;
  let token: string;
  {
    await using provider = await startShopProvider(folder.path);
    ({ port } = provider);
    token = await tokenFor(provider.issuer, await logIn(browser, authorization(provider.issuer), "alice"));
  }
  await using provider = await startShopProvider(folder.path, { port });
  expect(await subjectOf(provider.issuer, token)).toBe("alice");
  const back = await browser.follow(authorization(provider.issuer), provider.issuer);
  expect(await subjectOf(provider.issuer, await tokenFor(provider.issuer, back as URL))).toBe("alice");
});

test("new keys sign from now on, the ones before still verify, and nobody is logged out", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const browser = new Browser();
  const before = await tokenFor(
    provider.issuer,
    await logIn(browser, authorization(provider.issuer), "alice"),
  );
  provider.rotate();
  const back = await browser.follow(authorization(provider.issuer), provider.issuer);
  const after = await tokenFor(provider.issuer, back as URL);
  expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
  expect(await subjectOf(provider.issuer, before)).toBe("alice");
  expect(await subjectOf(provider.issuer, after)).toBe("alice");
});

test("old keys are replaced at the start", async () => {
  await using folder = await temporaryFolder();
  const kids = async (rotateAfterMs: number) => {
    await using provider = await startShopProvider(folder.path, { rotateAfterMs });
    const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  const first = await kids(3_600_000);
  expect(await kids(3_600_000)).toEqual(first);
  const second = await kids(-1);
  expect(second).toHaveLength(2);
  expect(second[1]).toBe(first[0]);
});

test("nobody else may read the keys and the sessions", async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, "identity");
  await using provider = await startShopProvider(dataDir);
  await logIn(new Browser(), authorization(provider.issuer), "alice");
  const modes = await Promise.all(
    (await readdir(dataDir)).map(async (name) => (await stat(join(dataDir, name))).mode & 0o777),
  );
  expect(modes.length).toBeGreaterThan(2);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test("a file of keys that is none is named, and left as it is", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "keys.json");
  await writeFile(file, "{}");
  await expect(startShopProvider(folder.path)).rejects.toThrow(file);
  expect(await readFile(file, "utf8")).toBe("{}");
});
