import * as oidc from "openid-client";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { afterLogout, Browser, callback, logIn, startShopProvider, temporaryFolder } from "./testing.ts";

const insecure = { execute: [oidc.allowInsecureRequests] };

async function discover(issuer: string, client = "web", secret?: string): Promise<oidc.Configuration> {
  return await oidc.discovery(new URL(issuer), client, secret, secret ? undefined : oidc.None(), insecure);
}

interface Begun {
  readonly url: URL;
  readonly checks: { pkceCodeVerifier: string; expectedState: string; expectedNonce: string };
}

async function begin(config: oidc.Configuration, scope = "openid profile"): Promise<Begun> {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

async function logInAs(config: oidc.Configuration, person: string, browser = new Browser()) {
  const { url, checks } = await begin(config);
  const back = await logIn(browser, url, person);
  return { back, checks, tokens: await oidc.authorizationCodeGrant(config, back, checks) };
}

async function verified(issuer: string, token: string) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return await jwtVerify(token, keys, { issuer, audience: "shop", typ: "at+jwt", algorithms: ["ES256"] });
}

test("a person logs in by code and PKCE, and the access token is a JWT for the application", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const { tokens } = await logInAs(await discover(provider.issuer), "olive");
  expect(tokens.claims()).toMatchObject({ sub: "olive", name: 'Olive <b>"Office"</b>' });
  const { payload } = await verified(provider.issuer, tokens.access_token);
  expect(payload).toMatchObject({ sub: "olive", client_id: "web", roles: ["staff", "audit"] });
  expect(payload.exp! - payload.iat!).toBe(600);
  expect(payload.jti).toBeTypeOf("string");
});

test("who is logged in is not asked again by the next log-in", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const browser = new Browser();
  await logInAs(config, "alice", browser);
  const { url, checks } = await begin(config);
  const back = await browser.follow(url, provider.issuer);
  expect(back).toBeInstanceOf(URL);
  const tokens = await oidc.authorizationCodeGrant(config, back as URL, checks);
  expect(tokens.claims()?.sub).toBe("alice");
});

test("a machine has tokens of its own, with its roles", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer, "importer", "a-secret-of-the-importer");
  const tokens = await oidc.clientCredentialsGrant(config);
  const { payload } = await verified(provider.issuer, tokens.access_token);
  expect(payload).toMatchObject({ sub: "importer", client_id: "importer", roles: ["import"] });
  const wrong = await discover(provider.issuer, "importer", "another-secret");
  await expect(oidc.clientCredentialsGrant(wrong)).rejects.toMatchObject({ error: "invalid_client" });
  const browser = await discover(provider.issuer, "web");
  await expect(oidc.clientCredentialsGrant(browser)).rejects.toThrow();
});

test("a refresh token gives new tokens once, and used again it ends all of that log-in", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const { tokens } = await logInAs(config, "alice");
  const next = await oidc.refreshTokenGrant(config, tokens.refresh_token!);
  expect((await verified(provider.issuer, next.access_token)).payload.sub).toBe("alice");
  expect(next.refresh_token).not.toBe(tokens.refresh_token);
  const invalid = { error: "invalid_grant" };
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject(invalid);
  await expect(oidc.refreshTokenGrant(config, next.refresh_token!)).rejects.toMatchObject(invalid);
});

test("logging out leads back, ends the session and its refresh token", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const browser = new Browser();
  const { tokens } = await logInAs(config, "alice", browser);
  const url = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token!,
    post_logout_redirect_uri: afterLogout,
    state: "over",
  });
  const page = (await browser.go(url)) as Response;
  const html = await page.text();
  expect(html).toContain("<script>");
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)![1]!;
  const action = /action="([^"]+)"/.exec(html)![1]!;
  const back = await browser.follow(action, provider.issuer, { xsrf, logout: "yes" });
  expect(String(back)).toBe(`${afterLogout}?state=over`);
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toThrow();
  const asked = (await browser.follow((await begin(config)).url, provider.issuer)) as Response;
  expect(await asked.text()).toContain("Who would you like to be?");
});

test("a log-out that proves nothing has to be confirmed, and leads nowhere that is not registered", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const browser = new Browser();
  await logInAs(config, "alice", browser);
  const asked = await browser.go(`${provider.issuer}/session/end?client_id=web`);
  expect(await asked.text()).not.toContain("<script>");
  const elsewhere = oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: "http://evil.example/" });
  expect((await browser.go(elsewhere)).status).toBe(400);
});

test.each([
  ["another host", "http://evil.example/callback"],
  ["another port", "http://127.0.0.1:4001/callback"],
  ["a longer path", `${callback}/more`],
  ["a query", `${callback}?next=evil`],
  ["another spelling", "http://localhost:4000/callback"],
])("a redirect URI with %s is refused on a page of ours", async (_, redirect) => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const { url } = await begin(await discover(provider.issuer));
  url.searchParams.set("redirect_uri", redirect);
  const answer = (await new Browser().follow(url, provider.issuer)) as Response;
  expect(answer).toBeInstanceOf(Response);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("invalid_redirect_uri");
});

test.each([
  ["no challenge", { code_challenge: undefined, code_challenge_method: undefined }],
  ["a plain challenge", { code_challenge_method: "plain" }],
])("a log-in with %s is refused", async (_, changes) => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const { url } = await begin(await discover(provider.issuer));
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  const back = (await new Browser().follow(url, provider.issuer)) as URL;
  expect(back.searchParams.get("error")).toBe("invalid_request");
  expect(back.searchParams.has("code")).toBe(false);
});

test("a code is good once: used again, what it gave is taken back", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const { back, checks, tokens } = await logInAs(config, "alice");
  const invalid = { error: "invalid_grant" };
  await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject(invalid);
  await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject(invalid);
});

test("a code that is sent twice at once gives tokens at most once", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const { url, checks } = await begin(config);
  const back = await logIn(new Browser(), url, "alice");
  const tries = await Promise.allSettled(
    Array.from({ length: 5 }, () => oidc.authorizationCodeGrant(config, back, checks)),
  );
  expect(tries.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
});

test("another verifier gets nothing for a stolen code", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const config = await discover(provider.issuer);
  const { url, checks } = await begin(config);
  const back = await logIn(new Browser(), url, "alice");
  const thief = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await expect(oidc.authorizationCodeGrant(config, back, thief)).rejects.toMatchObject({
    error: "invalid_grant",
  });
});
