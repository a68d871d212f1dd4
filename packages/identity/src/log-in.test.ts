import { scryptSync } from "node:crypto";
import { get } from "node:http";
import { expect, test } from "vitest";
import { Browser, callback, logIn, startShopProvider, temporaryFolder } from "./testing.ts";

function authorization(issuer: string): URL {
  const url = new URL("/auth", issuer);
  url.search = new URLSearchParams({
    client_id: "web",
    response_type: "code",
    scope: "openid",
    redirect_uri: callback,
    code_challenge: "c".repeat(43),
    code_challenge_method: "S256",
  }).toString();
  return url;
}

test("the page lists everybody with their roles, lets nothing else in, and names are no HTML", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const page = (await new Browser().follow(authorization(provider.issuer), provider.issuer)) as Response;
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain("Log in to the shop");
  expect(html).toContain("Alice Archer");
  expect(html).toContain("staff, audit");
  expect(html).toContain("For development");
  expect(html).not.toContain('<b>"Office"');
  expect(html).not.toMatch(/(?:src|href)="(?!data:,")/);
  const policy = page.headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("form-action 'self' http://127.0.0.1:4000;");
  expect(policy).not.toContain("unsafe");
  expect(page.headers.get("x-frame-options")).toBe("DENY");
  expect(page.headers.get("cache-control")).toBe("no-store");
});

test("a log-in that another browser began is not to be finished", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const page = (await new Browser().follow(authorization(provider.issuer), provider.issuer)) as Response;
  for (const form of [undefined, { person: "alice" }]) {
    const answer = await new Browser().go(page.url, form);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("begun in another browser");
  }
});

test("nobody who is not listed can be chosen, and large forms are not read", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  for (const form of [{ person: "mallory" }, { person: "alice", more: "x".repeat(5_000) }]) {
    const browser = new Browser();
    const page = (await browser.follow(authorization(provider.issuer), provider.issuer)) as Response;
    expect((await browser.go(page.url, form as Record<string, string>)).status).toBe(400);
  }
});

test("a password is asked for where there is one, and ten wrong ones are enough", async () => {
  await using folder = await temporaryFolder();
  // With parameters that take a fraction of the time.
  const key = scryptSync("correct horse", "sixteen bytes ok", 32, { N: 1_024, r: 8, p: 1 });
  const salt = Buffer.from("sixteen bytes ok").toString("base64url");
  const passwordHash = `scrypt$1024$8$1$${salt}$${key.toString("base64url")}`;
  await using provider = await startShopProvider(folder.path, {
    people: [
      { id: "alice", name: "Alice", passwordHash },
      { id: "ben", name: "Ben", passwordHash },
    ],
  });
  const browser = new Browser();
  const page = (await browser.follow(authorization(provider.issuer), provider.issuer)) as Response;
  expect(await page.text()).toContain('type="password"');
  expect(
    String(await logIn(new Browser(), authorization(provider.issuer), "alice", "correct horse")),
  ).toContain("code=");
  const tries = await Promise.all(
    Array.from({ length: 12 }, () => browser.go(page.url, { person: "alice", password: "wrong" })),
  );
  const statuses = tries.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  const right = await browser.go(page.url, { person: "alice", password: "correct horse" });
  expect(right.status).toBe(429);
  expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(200);
  // Somebody else is not held up by it.
  expect(
    String(await logIn(new Browser(), authorization(provider.issuer), "ben", "correct horse")),
  ).toContain("code=");
});

test("another name for it is refused, so that no page elsewhere can pass for it", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) =>
      get(`${provider.issuer}/jwks`, { headers: { host }, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on("error", reject),
    );
  expect(await ask(`evil.example:${provider.port}`)).toBe(421);
  expect(await ask(`localhost:${provider.port}`)).toBe(421);
  expect(await ask(`127.0.0.1:${provider.port}`)).toBe(200);
});

test("guessing at the token endpoint ends in 429", async () => {
  await using folder = await temporaryFolder();
  await using provider = await startShopProvider(folder.path);
  const guess = () =>
    fetch(`${provider.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("importer:guess")}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
  const statuses: number[] = [];
  for (let i = 0; i < 202; i++) {
    const answer = await guess();
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  expect(statuses.slice(0, 200).every((status) => status === 401)).toBe(true);
  expect(statuses.slice(200)).toEqual([429, 429]);
});
