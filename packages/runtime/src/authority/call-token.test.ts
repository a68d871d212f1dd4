import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BadCallToken, callTokens, type Bearer } from "./call-token.ts";

const secret = "only-the-units-of-the-shop-know-this";
const ann = { id: "ann", roles: ["staff"] };
const edge: Bearer = { caller: undefined, actor: ann, via: "gateway" };

let time = 1_800_000_000_000;
const unit = (of = secret, app = "shop") => callTokens(of, app, () => time);

describe("a token between units", () => {
  test("says who calls, for whom and how to the unit that is called", () => {
    const token = unit().mint("orders", edge);
    expect(unit().read(token, "orders")).toEqual(edge);
    const inner: Bearer = { caller: "carts", actor: undefined, via: "saga" };
    expect(unit().read(unit().mint("orders", inner), "orders")).toEqual(inner);
  });

  test("is for one service of one application", () => {
    const token = unit().mint("orders", edge);
    expect(() => unit().read(token, "payments")).toThrow("it is for another service");
    expect(() => unit(secret, "blog").read(token, "orders")).toThrow("its signature");
    expect(() => unit("another secret of thirty-two characters").read(token, "orders")).toThrow(BadCallToken);
  });

  test("is valid for a minute, and half a minute more for clocks that differ", () => {
    const reader = unit();
    const token = unit().mint("orders", edge);
    time += 89_000;
    expect(reader.read(token, "orders")).toEqual(edge);
    time += 3_000;
    // Also where it was read before.
    expect(() => reader.read(token, "orders")).toThrow("it ended 32 s ago by this unit's clock");
    expect(() => unit().read(token, "orders")).toThrow("by this unit's clock");
  });

  test("is used again for half a minute, for the same person and service only", () => {
    const minting = unit();
    const token = minting.mint("orders", edge);
    time += 29_000;
    expect(minting.mint("orders", edge)).toBe(token);
    expect(minting.mint("payments", edge)).not.toBe(token);
    expect(minting.mint("orders", { ...edge, caller: "carts", via: "call" })).not.toBe(token);
    expect(minting.mint("orders", { ...edge, actor: { id: "bob", roles: [] } })).not.toBe(token);
    time += 2_000;
    const next = minting.mint("orders", edge);
    expect(next).not.toBe(token);
    time += 58_000;
    expect(unit().read(next, "orders")).toEqual(edge);
  });

  test.each<[string, (token: string) => string]>([
    ["nothing", () => ""],
    ["no signature", (token) => token.slice(0, token.lastIndexOf(".") + 1)],
    ["half a signature", (token) => token.slice(0, -10)],
    ["another actor", (token) => withClaims(token, (claims) => ({ ...claims, sub: "root" }))],
    [
      "the header of an unsigned one",
      (token) => [b64('{"alg":"none"}'), ...token.split(".").slice(1)].join("."),
    ],
    [
      "a signature by the secret itself",
      (token) => {
        const signed = token.slice(0, token.lastIndexOf("."));
        return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
      },
    ],
    ["more than anybody needs", () => "x".repeat(9_000)],
  ])("with %s is not accepted", (_name, change) => {
    const token = unit().mint("orders", edge);
    expect(() => unit().read(change(token), "orders")).toThrow(BadCallToken);
  });

  test("of a process without a secret is for that process alone", () => {
    const token = unit("").mint("orders", edge);
    expect(() => unit("").read(token, "orders")).toThrow("its signature");
  });

  test("gives an actor that no handler can change for others", () => {
    const { actor } = unit().read(unit().mint("orders", edge), "orders");
    expect(() => (actor!.roles as string[]).push("admin")).toThrow(TypeError);
  });
});

function b64(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function withClaims(token: string, change: (claims: object) => object): string {
  const [header, claims, signature] = token.split(".") as [string, string, string];
  return [
    header,
    b64(JSON.stringify(change(JSON.parse(Buffer.from(claims, "base64url").toString())))),
    signature,
  ].join(".");
}
