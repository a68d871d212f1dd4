import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog } from "@kerf/runtime/log";
import { StatusError, type Actor, type ProviderSettings } from "kerf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startInventory } from "../../../test/inventory.ts";
import { audience, signingKey, testProvider, type TestProvider } from "../../../test/provider.ts";
import { openIdentity } from "../open.ts";
import { oidcIdentity } from "./oidc.ts";
import { TokenCache, type Verified } from "./token-cache.ts";

let provider: TestProvider;
let skipped = 0;
const now = (): number => Date.now() + skipped;
const lines: string[] = [];
const log = createLog({
  unit: "edge",
  level: "info",
  destination: { write: (line) => void lines.push(line) },
});

beforeEach(async () => {
  provider = await testProvider();
  skipped = lines.length = 0;
});
afterEach(() => provider.close());

const fetches = (): number => provider.asked.get("/keys") ?? 0;

function identity(more: Partial<ProviderSettings> = {}): (token: string) => Actor | Promise<Actor> {
  return oidcIdentity({ settings: { issuer: provider.issuer, audience, ...more }, log, now });
}

/** The code of what a token is refused with; undefined where it is let in. */
async function refusal(identify: (token: string) => unknown, token: string): Promise<string | undefined> {
  try {
    await identify(token);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(StatusError);
    return (error as StatusError).code;
  }
}

describe("a token that was verified", () => {
  test("is known again at once, without a promise, until it ends", async () => {
    const identify = identity();
    // In whole seconds: rounded down, it could end before 89 seconds and what this machine was late.
    const token = await provider.token({ exp: Math.ceil(now() / 1_000) + 60 });
    const first = await identify(token);
    expect(identify(token)).toBe(first);
    skipped += 89_000;
    expect(identify(token)).toBe(first);
    skipped += 2_000;
    expect(await refusal(identify, token)).toBe("UNAUTHENTICATED");
  });

  test("counts no more when the keys of its provider are others", async () => {
    const identify = identity();
    const [before] = provider.keys;
    const token = await provider.token({ exp: Math.floor(now() / 1_000) + 3_600 });
    await identify(token);
    const next = await signingKey("second");
    provider.keys = [next];
    // A token by a new key makes the keys be fetched at once, and what the old one signed is refused from then on.
    expect(await identify(await provider.token({ sub: "bob" }))).toMatchObject({ id: "bob" });
    expect(await refusal(identify, token)).toBe("UNAUTHENTICATED");
    expect(await refusal(identify, await provider.token({ sub: "eve" }, { key: before! }))).toBe(
      "UNAUTHENTICATED",
    );
  });

  test("is one of many: memory does not grow with them, and none is taken for another", () => {
    const cache = new TokenCache();
    const of = (i: number): string => `header.claims${i}.signature-that-ends-alike`;
    const [first, second] = [{ actor: { id: "1" } }, { actor: { id: "2" } }] as unknown as [
      Verified,
      Verified,
    ];
    cache.set(of(1), first);
    cache.set(of(2), second);
    expect([cache.get(of(1)), cache.get(of(2)), cache.get(of(3))]).toEqual([first, second, undefined]);
    cache.delete(of(1));
    expect([cache.get(of(1)), cache.get(of(2))]).toEqual([undefined, second]);
    for (const token of ["", "x", "xy"]) expect(cache.get(token)).toBeUndefined();
    for (let i = 0; i < 50_000; i++) cache.set(of(i), first);
    expect(cache.size).toBeLessThanOrEqual(10_000);
    expect(cache.get(of(49_999))).toBe(first);
  });
});

describe("the keys of a provider", () => {
  test("are fetched once for many tokens at a time", async () => {
    const identify = identity();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => provider.token({ sub: `p${i}` })));
    await Promise.all(tokens.map((token) => identify(token)));
    expect([fetches(), provider.asked.get("/.well-known/openid-configuration")]).toEqual([1, 1]);
  });

  test("are fetched again at most once in 30 s for names that are not known", async () => {
    const identify = identity();
    await identify(await provider.token());
    const flood = async (): Promise<void> => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, i) => provider.token({}, { header: { kid: `made-up-${i}` } })),
      );
      const codes = await Promise.all(tokens.map((token) => refusal(identify, token)));
      expect(new Set(codes)).toEqual(new Set(["UNAUTHENTICATED"]));
    };
    await flood();
    await flood();
    expect(fetches()).toBe(2);
    skipped += 29_000;
    await flood();
    expect(fetches()).toBe(2);
    skipped += 2_000;
    await flood();
    expect(fetches()).toBe(3);
    // Who is known is not held up by any of this.
    expect(await refusal(identify, await provider.token())).toBeUndefined();
  });

  test("are renewed beside the work, and count for ten minutes where that does not succeed", async () => {
    const identify = identity();
    const token = await provider.token({ exp: Math.floor(now() / 1_000) + 3_600 });
    await identify(token);
    provider.status = 500;
    skipped += 6 * 60_000;
    for (let i = 0; i < 100; i++) expect(identify(token)).not.toBeInstanceOf(Promise);
    await expect.poll(() => lines.join()).toContain("the keys of an identity provider cannot be had");
    const asked = provider.asked.get("/.well-known/openid-configuration");
    expect(asked).toBe(2);
    skipped += 4 * 60_000 + 1_000;
    expect(await refusal(identify, token)).toBe("UNAVAILABLE");
    provider.status = 200;
    // A failure is remembered for a moment, so that many tokens do not mean many tries.
    expect(await refusal(identify, token)).toBe("UNAVAILABLE");
    skipped += 2_000;
    expect(await refusal(identify, token)).toBeUndefined();
  });

  test("that a key cannot be fetched is not the fault of who uses it", async () => {
    const identify = identity();
    await identify(await provider.token());
    const next = await signingKey("second");
    provider.status = 503;
    const token = await provider.token({ sub: "bob" }, { key: next });
    expect(await refusal(identify, token)).toBe("UNAVAILABLE");
    expect(await refusal(identify, token)).toBe("UNAVAILABLE");
    provider.status = 200;
    provider.keys.push(next);
    skipped += 31_000;
    expect(await refusal(identify, token)).toBeUndefined();
  });

  test.each<[string, () => void | Promise<void>]>([
    ["calls itself something else", () => void (provider.document["issuer"] = "https://id.example")],
    ["has no place for its keys", () => void (provider.document["jwks_uri"] = undefined)],
    ["has its keys in a file", () => void (provider.document["jwks_uri"] = "file:///etc/passwd")],
    [
      "has its keys elsewhere without https",
      () => void (provider.document["jwks_uri"] = "http://10.0.0.1/keys"),
    ],
    ["answers with a redirect", () => void (provider.status = 302)],
    ["answers with more than anybody reads", () => void (provider.document["more"] = "x".repeat(300_000))],
    ["is not there", () => provider.close()],
  ])("are none where it %s", async (_what, change) => {
    const token = await provider.token();
    await change();
    const identify = identity();
    expect(await refusal(identify, token)).toBe("UNAVAILABLE");
    expect(lines.join()).toContain("the keys of an identity provider cannot be had");
    expect(lines.join()).not.toContain(token.slice(0, 30));
  });

  test("that are secrets are not used", async () => {
    const secret = {
      kty: "oct",
      k: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA",
      kid: "shared",
      alg: "HS256",
    };
    provider.keys.push({ jwk: secret } as never);
    expect(await refusal(identity(), await provider.token({}, { header: { kid: "shared" } }))).toBe(
      "UNAUTHENTICATED",
    );
  });
});

describe("a gateway whose provider is away", () => {
  test("answers who has a token with 503 and when to come again, and strangers as ever", async () => {
    const token = await provider.token();
    await provider.close();
    const gateway = await startInventory({
      identify: openIdentity({ providers: { issuer: provider.issuer, audience }, log }),
    });
    try {
      for (const path of ["/v1/stock/1", "/v1/people/ann/reservations/1"]) {
        const answer = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${token}` } });
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
        expect(await answer.json()).toMatchObject({ type: "/problems/unavailable" });
      }
      expect((await fetch(`${gateway.url}/v1/stock/1`)).status).toBe(200);
      expect((await fetch(`${gateway.url}/v1/people/ann/reservations/1`)).status).toBe(401);
    } finally {
      await gateway.drain(0);
    }
  });

  test("does not wait for one that never answers", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const issuer = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const gateway = await startInventory({
      identify: openIdentity({ providers: { issuer, audience }, log }),
      limits: { deadlineMs: 300 },
    });
    try {
      const authorization = `Bearer ${await provider.token({ iss: issuer })}`;
      expect((await fetch(`${gateway.url}/v1/stock/1`, { headers: { authorization } })).status).toBe(504);
    } finally {
      await gateway.drain(0);
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe("what a token says", () => {
  test("becomes roles by the configuration", async () => {
    const of = async (roles: ProviderSettings["roles"], claims: object): Promise<readonly string[]> =>
      (await identity(roles && { roles })(await provider.token({ ...claims }))).roles;
    expect(await of(undefined, { roles: ["clerk", 7, null] })).toEqual(["clerk"]);
    expect(await of(undefined, {})).toEqual([]);
    const keycloak = { realm_access: { roles: ["shop:clerk", "shop:clerk", "offline_access", "shop:"] } };
    expect(await of({ claim: "realm_access.roles", prefix: "shop:" }, keycloak)).toEqual(["clerk"]);
    expect(await of({ claim: "scope" }, { scope: "orders:read orders:write" })).toEqual([
      "orders:read",
      "orders:write",
    ]);
    const auth0 = { "https://shop.example/roles": ["Admin", "Visitor"] };
    const map = { Admin: ["staff", "clerk"], constructor: "root" };
    expect(await of({ claim: "https://shop.example/roles", map }, auth0)).toEqual(["staff", "clerk"]);
    expect(await of({ claim: ["a.b", "c"] }, { "a.b": { c: "x" } })).toEqual(["x"]);
    expect(await of({ claim: "constructor.name" }, {})).toEqual([]);
  });

  test.each(["PS256", "ES256", "EdDSA"])("is believed with %s too", async (alg) => {
    provider.keys = [await signingKey("other", alg)];
    expect(await identity()(await provider.token())).toEqual({ id: "ann", roles: [] });
    expect(await refusal(identity({ algorithms: ["RS256"] }), await provider.token())).toBe(
      "UNAUTHENTICATED",
    );
  });

  test("is of one of several providers, whose people are not each other", async () => {
    const other = await testProvider();
    try {
      const identify = oidcIdentity({
        settings: [
          { issuer: provider.issuer, audience },
          { issuer: other.issuer, audience, idPrefix: "partner:" },
        ],
        log,
        now,
      });
      expect(await identify(await provider.token())).toMatchObject({ id: "ann" });
      expect(await identify(await other.token())).toMatchObject({ id: "partner:ann" });
      // Signed by the one in the name of the other.
      const key = other.keys[0]!;
      expect(await refusal(identify, await provider.token({}, { key }))).toBe("UNAUTHENTICATED");
    } finally {
      await other.close();
    }
  });
});

describe("settings by which tokens could not be checked safely are refused", () => {
  const settings = { issuer: "https://id.example", audience };
  test.each<[object | readonly object[], string]>([
    [{ ...settings, issuer: "http://id.example" }, "is not https"],
    [{ ...settings, issuer: "id.example" }, "is no URL"],
    [{ ...settings, issuer: "https://id.example?x=1" }, "has more than host and path"],
    [{ ...settings, issuer: "https://me:pw@id.example" }, "has more than host and path"],
    [{ ...settings, audience: "" }, "does not say for whom"],
    [{ issuer: settings.issuer }, "does not say for whom"],
    [{ ...settings, algorithms: ["HS256"] }, '"HS256" is none of'],
    [{ ...settings, algorithms: ["none"] }, '"none" is none of'],
    [{ ...settings, algorithms: [] }, "is empty"],
    [{ ...settings, types: ["id"] }, "neither at+jwt nor JWT"],
    [{ ...settings, roles: { claim: "" } }, "names no claim"],
    [[], "lists no providers"],
    [[settings, { ...settings, idPrefix: "a:" }], "stands for two providers"],
    [[settings, { ...settings, issuer: "https://other.example" }], "an idPrefix of its own"],
  ])("%j", (given, problem) => {
    expect(() => oidcIdentity({ settings: given as never, log })).toThrow(problem);
  });
});
