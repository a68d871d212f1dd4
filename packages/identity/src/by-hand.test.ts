import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { hashPassword } from "./passwords.ts";
import { startShopProvider, temporaryFolder } from "./testing.ts";

test("whoever runs the provider has a short token of a person, like those of a log-in, also after new keys", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const keys = () => createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
  const wanted = { issuer: provider.issuer, audience: "shop", typ: "at+jwt", algorithms: ["ES256"] };
  const { payload } = await jwtVerify(await provider.tokenFor("olive"), keys(), wanted);
  expect(payload).toMatchObject({ sub: "olive", client_id: "kerf:by-hand", roles: ["staff", "audit"] });
  expect(payload.exp! - payload.iat!).toBe(60);
  provider.rotate();
  const after = await jwtVerify(await provider.tokenFor("alice"), keys(), wanted);
  expect(after.payload).toMatchObject({ sub: "alice", roles: [] });
  await expect(provider.tokenFor("mallory")).rejects.toThrow(/nobody called "mallory"/);
});

test("nobody else has one: not by the client's name, and not of a provider that is exposed", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  for (const body of [
    { grant_type: "client_credentials", client_id: "kerf:by-hand" },
    { grant_type: "by_hand", client_id: "kerf:by-hand", sub: "olive" },
    {
      grant_type: "authorization_code",
      client_id: "kerf:by-hand",
      code: "x",
      redirect_uri: "http://a.example",
    },
    {
      grant_type: "refresh_token",
      client_id: "kerf:by-hand",
      refresh_token: decodeJwt(await provider.tokenFor("olive")).jti!,
    },
  ]) {
    const response = await fetch(`${provider.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams(body),
    });
    expect([body.grant_type, response.status]).toEqual([body.grant_type, 400]);
  }
  await using other = await temporaryFolder();
  const passwordHash = await hashPassword("a-long-enough-password");
  await using exposed = await startShopProvider(other.path, {
    host: "127.0.0.1",
    issuer: "https://id.shop.example",
    exposed: true,
    people: [{ id: "olive", name: "Olive", passwordHash }],
  });
  await expect(exposed.tokenFor("olive")).rejects.toThrow(/exposed/);
});
