import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createLog } from "@kerf/runtime/log";
import { CompactEncrypt, exportPKCS8, exportSPKI, importJWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inventoryService, startInventory } from "../../../test/inventory.ts";
import { audience, signingKey, testProvider, type TestProvider } from "../../../test/provider.ts";
import type { EdgeCall, Gateway } from "../../index.ts";
import { openIdentity } from "../open.ts";

let provider: TestProvider;
let gateway: Gateway;
let last: EdgeCall | undefined;
const lines: string[] = [];

beforeAll(async () => {
  provider = await testProvider();
  const log = createLog({
    unit: "edge",
    level: "trace",
    destination: { write: (line) => void lines.push(line) },
  });
  gateway = await startInventory({
    log,
    identify: openIdentity({ providers: { issuer: provider.issuer, audience }, log }),
    invoke(call) {
      last = call;
      return inventoryService(call);
    },
  });
  // The keys are there before the first attack.
  expect((await ask(await provider.token())).status).toBe(200);
});
afterAll(async () => {
  await gateway.drain(0);
  await provider.close();
});

const order = JSON.stringify({ orderId: "1", lines: [] });

/** Orders something, as only people who are known may. */
async function ask(
  token: string,
  scheme = "Bearer",
): Promise<{ status: number; headers: Headers; body: any }> {
  const response = await fetch(`${gateway.url}/v1/reservations`, {
    method: "POST",
    body: order,
    headers: { "content-type": "application/json", authorization: `${scheme} ${token}` },
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Sends a token that must not do, and looks at the answer and at what is left behind. */
async function refused(token: string, scheme?: string): Promise<string> {
  last = undefined;
  lines.length = 0;
  const { status, headers, body } = await ask(token, scheme);
  expect(status).toBe(401);
  expect(headers.get("content-type")).toContain("application/problem+json");
  expect(headers.get("www-authenticate")).toMatch(
    /^Bearer error="invalid_token", error_description="[ !#-[\]-~]+"$/,
  );
  expect(body).toMatchObject({
    type: "/problems/unauthenticated",
    status: 401,
    instance: "/v1/reservations",
  });
  expect(last).toBeUndefined();
  for (const part of token.split(".").filter((text) => text.length > 20)) {
    expect(lines.join()).not.toContain(part);
    expect(JSON.stringify(body)).not.toContain(part);
  }
  return body.detail as string;
}

const b64 = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function parts(token: string): [string, string, string] {
  return token.split(".") as [string, string, string];
}

/** A token with exactly this header and these claims, whatever a library thinks of them. */
function signed(head: unknown, payload: unknown): string {
  const text = `${b64(head)}.${b64(payload)}`;
  const signature = sign("sha256", Buffer.from(text), privateKey());
  return `${text}.${signature.toString("base64url")}`;
}

let pem: string;
beforeAll(async () => {
  pem = await exportPKCS8(provider.keys[0]!.privateKey);
});
const privateKey = (): string => pem;

const header = { alg: "RS256", typ: "at+jwt", kid: "first" };
function claims(changed: object = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1_000);
  return { iss: provider.issuer, aud: audience, sub: "ann", iat: now, exp: now + 300, ...changed };
}

test("a token that is in order lets in whom it names, and so does one that was made by hand", async () => {
  expect((await ask(await provider.token({ sub: "bob", roles: ["clerk"] }))).status).toBe(200);
  expect(last?.actor).toEqual({ id: "bob", roles: ["clerk"] });
  expect((await ask(signed(header, claims({ sub: "eve" })))).status).toBe(200);
  expect(last?.actor?.id).toBe("eve");
});

describe("signatures", () => {
  test.each(["none", "None", "NONE", "nOnE"])("alg %s, with and without a signature", async (alg) => {
    const [, body, signature] = parts(await provider.token());
    await refused(`${b64({ ...header, alg })}.${body}.`);
    expect(await refused(`${b64({ ...header, alg })}.${body}.${signature}`)).toContain("signed in a way");
  });

  test.each(["HS256", "HS384", "HS512"])("%s with the public key as the secret", async (alg) => {
    const key = provider.keys[0]!;
    const spki = await exportSPKI(key.publicKey);
    for (const secret of [spki, spki.trim(), JSON.stringify(key.jwk), key.jwk.n!]) {
      const text = `${b64({ ...header, alg })}.${b64(claims())}`;
      const mac = createHmac(alg.replace("HS", "sha"), secret).update(text).digest("base64url");
      expect(await refused(`${text}.${mac}`)).toContain("signed in a way");
    }
  });

  test("a key of somebody else under the name of the provider's", async () => {
    const foreign = await signingKey("first");
    expect(await refused(await provider.token({}, { key: foreign }))).toContain(
      "signature that does not fit",
    );
    const other = await signingKey("first", "ES256");
    await refused(await provider.token({}, { key: other }));
  });

  test("claims and headers that were changed afterwards, each letter of the signature", async () => {
    const token = await provider.token();
    const [head, body, signature] = parts(token);
    await refused(`${head}.${b64(claims({ sub: "root" }))}.${signature}`);
    await refused(`${b64({ ...header, x: 1 })}.${body}.${signature}`);
    for (const at of [0, 1, 100, signature.length - 3]) {
      const other = signature[at] === "A" ? "B" : "A";
      await refused(`${head}.${body}.${signature.slice(0, at)}${other}${signature.slice(at + 1)}`);
    }
    // A token that was let in before is known by the whole of it.
    expect((await ask(token)).status).toBe(200);
    await refused(`${head}.${b64(claims({ sub: "root" }))}.${signature}`);
    await refused(token.slice(0, -1));
  });

  test("parts that are missing, empty or too many", async () => {
    const [head, body, signature] = parts(await provider.token());
    for (const token of [
      `${head}.${body}`,
      `${head}.${body}.`,
      `.${body}.${signature}`,
      `${head}..${signature}`,
      "..",
      "",
      "null",
      `${head}.${body}.${signature}.${signature}`,
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature} x`,
      `${b64("[]")}.${body}.${signature}`,
      `${b64("null")}.${body}.${signature}`,
      `${head}.${b64("7")}.${signature}`,
      `${head}.${b64("{")}.${signature}`,
    ])
      await refused(token);
  });
});

describe("claims", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["the wrong issuer", { iss: "https://id.example" }, "issuer that is not known"],
    ["an issuer that only begins the same", { iss: "http://127.0.0.1" }, "issuer that is not known"],
    ["an issuer that is no text", { iss: { toString: "x" } }, "issuer that is not known"],
    ["no issuer", { iss: undefined }, "issuer that is not known"],
    ["the wrong audience", { aud: "https://api.other.example" }, '"aud" that is not accepted'],
    [
      "an audience that only begins the same",
      { aud: `${audience}.evil.example` },
      '"aud" that is not accepted',
    ],
    ["no audience", { aud: undefined }, 'no "aud"'],
    ["an end that is over", { exp: Math.floor(Date.now() / 1_000) - 31 }, "has expired"],
    ["no end", { exp: undefined }, 'no "exp"'],
    ["an end that is no number", { exp: "9999999999" }, '"exp" that is not accepted'],
    ["a beginning that is to come", { nbf: Math.floor(Date.now() / 1_000) + 60 }, "not valid yet"],
    ["a beginning that is no number", { nbf: "0" }, "not valid yet"],
    ["no subject", { sub: undefined }, 'no "sub"'],
    ["an empty subject", { sub: "" }, 'no "sub"'],
    ["a subject that is no text", { sub: ["ann"] }, '"sub"'],
    ["a subject that goes on for ever", { sub: "x".repeat(300) }, 'no "sub" of 1 to 255'],
    ["a key that it is bound to", { cnf: { jkt: "x" } }, "is bound to a key"],
    ["more roles than can travel", { roles: Array.from({ length: 300 }, (_, i) => `role-${i}`) }, "roles"],
  ])("%s", async (_name, changed, reason) => {
    expect(await refused(signed(header, claims(changed)))).toContain(reason);
  });

  test("clocks may differ by 30 s", async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect((await ask(signed(header, claims({ exp: now - 20, nbf: now + 20 })))).status).toBe(200);
  });

  test("claims that come twice are what a parser makes of them, and never what was not signed", async () => {
    const twice = JSON.stringify(claims()).replace('"sub":"ann"', '"sub":"root","sub":"ann"');
    expect((await ask(signed(header, twice))).status).toBe(200);
    expect(last?.actor?.id).toBe("ann");
    const [head, , signature] = parts(signed(header, claims()));
    await refused(`${head}.${b64(twice)}.${signature}`);
  });

  test("roles by the names of what every object has are roles of nobody", async () => {
    expect((await ask(signed(header, claims({ roles: { constructor: ["clerk"] } })))).status).toBe(200);
    expect(last?.actor?.roles).toEqual([]);
    expect(
      (await ask(signed(header, `${JSON.stringify(claims()).slice(0, -1)},"__proto__":{"roles":["clerk"]}}`)))
        .status,
    ).toBe(200);
    expect(last?.actor?.roles).toEqual([]);
  });
});

describe("types", () => {
  test.each([undefined, "JWT", "jwt", "dpop+jwt", "id_token", "logout+jwt", "application/jwt", 7])(
    "a token of the type %s is no access token",
    async (typ) => {
      expect(await refused(signed({ ...header, typ }, claims()))).toContain("a type that is not accepted");
    },
  );

  test("application/at+jwt is at+jwt", async () => {
    expect((await ask(signed({ ...header, typ: "application/AT+JWT" }, claims()))).status).toBe(200);
  });

  test("where a provider says JWT, its other tokens are told by their claims", async () => {
    const { issuer } = provider;
    const log = createLog({ unit: "edge", level: "silent" });
    const lenient = await startInventory({
      identify: openIdentity({ providers: { issuer, audience, types: ["at+jwt", "JWT"] }, log }),
    });
    const statusOf = async (more: object): Promise<number> => {
      const authorization = `Bearer ${signed({ ...header, typ: "JWT" }, claims(more))}`;
      return (await fetch(`${lenient.url}/v1/stock/1`, { headers: { authorization } })).status;
    };
    try {
      expect(await statusOf({ typ: "Bearer" })).toBe(200);
      expect(await statusOf({})).toBe(200);
      for (const foreign of [
        { nonce: "n" },
        { at_hash: "h" },
        { typ: "ID" },
        { typ: "Refresh" },
        { events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
      ])
        expect(await statusOf(foreign)).toBe(401);
    } finally {
      await lenient.drain(0);
    }
  });
});

describe("headers", () => {
  test.each([
    "../../../../dev/null",
    "/proc/self/environ",
    "file:///etc/passwd",
    "' UNION SELECT 'key'--",
    "first\u0000",
    "__proto__",
    "constructor",
    "FIRST",
    "",
  ])("a kid that means something elsewhere: %j", async (kid) => {
    await refused(signed({ ...header, kid }, claims()));
  });

  test.each([7, null, ["first"], { first: 1 }, "k".repeat(201)])("a kid that is none: %j", async (kid) => {
    expect(await refused(signed({ ...header, kid }, claims()))).toContain('a "kid" that is not accepted');
  });

  test("no kid is the only key there is", async () => {
    expect((await ask(signed({ alg: "RS256", typ: "at+jwt" }, claims()))).status).toBe(200);
  });

  test("keys that a token brings or points to are never fetched and never used", async () => {
    let visits = 0;
    const mine = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = { ...mine.publicKey.export({ format: "jwk" }), kid: "mine", alg: "RS256", use: "sig" };
    const trap = createServer((_request, response) => {
      visits++;
      response.end(JSON.stringify({ keys: [jwk] }));
    }).listen(0, "127.0.0.1");
    await once(trap, "listening");
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`;
    try {
      for (const kid of ["mine", "first"])
        for (const injected of [
          { jku: url },
          { x5u: url },
          { jwk },
          { x5c: ["MIIB"] },
          { jku: url, jwk, x5u: url },
        ]) {
          const text = `${b64({ ...header, kid, ...injected })}.${b64(claims({ sub: "root" }))}`;
          const signature = sign("sha256", Buffer.from(text), mine.privateKey).toString("base64url");
          await refused(`${text}.${signature}`);
        }
      expect(visits).toBe(0);
    } finally {
      trap.close();
    }
  });

  test.each([
    { crit: ["exp"], exp: 1 },
    { crit: ["unheard-of"], "unheard-of": true },
    { crit: [] },
    { crit: "b64", b64: false },
    { crit: ["b64"], b64: false },
    { b64: false },
    { b64: true },
  ])("an extension that must be understood: %j", async (extension) => {
    expect(await refused(signed({ ...header, ...extension }, claims()))).toContain("extension");
  });

  test("an algorithm that is not among those of the configuration, though its key is there", async () => {
    const { keys } = provider;
    expect(keys[0]!.alg).toBe("RS256");
    for (const alg of ["RS384", "RS512", "RS1", "ES512"])
      expect(await refused(signed({ ...header, alg }, claims()))).toContain("signed in a way");
    // The key says what it is for.
    await refused(signed({ ...header, alg: "PS256" }, claims()));
  });

  test("a header with two algorithms is held to one", async () => {
    const text = JSON.stringify(header);
    await refused(signed(text.replace('"alg":"RS256"', '"alg":"RS256","alg":"none"'), claims()));
  });
});

describe("sizes and shapes", () => {
  test("a token that is encrypted, also around one that is in order", async () => {
    const inner = await provider.token();
    const key = await importJWK({ ...provider.keys[0]!.jwk, alg: "RSA-OAEP-256" });
    const outer = await new CompactEncrypt(Buffer.from(inner))
      .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM", cty: "JWT" })
      .encrypt(key);
    expect(await refused(outer)).toContain("is no signed JWT");
  });

  test("a token inside of a token", async () => {
    const text = `${b64({ ...header, cty: "JWT" })}.${b64(await provider.token())}`;
    await refused(`${text}.${sign("sha256", Buffer.from(text), privateKey()).toString("base64url")}`);
  });

  test("a token that is longer than anybody's", async () => {
    expect(await refused(await provider.token({ more: "x".repeat(4_700) }))).toContain("longer than 6144");
    const { status, body } = await ask("x".repeat(20_000));
    expect([status, body.type]).toEqual([431, "/problems/headers-too-large"]);
  });

  test.each(["Basic", "DPoP", "Digest", "Negotiate", "Bearer  Bearer", "ApiKey"])("as %s", async (scheme) => {
    await refused(await provider.token(), scheme);
  });

  test("a scheme is the same in any case, a token with another beside it is not looked at", async () => {
    const token = await provider.token();
    expect((await ask(token, "bEARER")).status).toBe(200);
    const both = await fetch(`${gateway.url}/v1/stock/1`, {
      headers: { authorization: `Bearer ${token}`, "x-api-key": "kerf_0" },
    });
    expect(both.status).toBe(401);
  });

  test("what the development identity believes is not believed here", async () => {
    await refused("dev:ann:clerk");
  });

  test("a token in the path or query is not a credential, and is not logged", async () => {
    lines.length = 0;
    const token = await provider.token();
    const asked = await fetch(`${gateway.url}/v1/people/ann/reservations/7?access_token=${token}`);
    expect(asked.status).toBe(400);
    expect(lines.join()).not.toContain(token.slice(0, 40));
  });
});
