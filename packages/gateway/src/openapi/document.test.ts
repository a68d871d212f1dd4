import { Validator } from "@seriousme/openapi-schema-validator";
import { command, contract, query } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clientOf } from "../../test/client.ts";
import { inventory, shelves, startInventory } from "../../test/inventory.ts";
import { parseIdempotencyKey } from "../idempotency.ts";
import { openapi, type Gateway } from "../index.ts";

const document = openapi([inventory, shelves], { title: "shop" }) as any;

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result.errors).toBeUndefined();
    expect([result.valid, validator.version]).toEqual([true, "3.1"]);
  });

  it("is refused by that validator where it is broken", async () => {
    const broken = structuredClone(document);
    delete broken.paths["/v1/stock/{sku}"].get.parameters[0].in;
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });

  it("has every member with a route and no other, once", () => {
    const operations = Object.values<any>(document.paths).flatMap((path) => Object.values<any>(path));
    expect(operations.map((operation) => operation.operationId).toSorted()).toEqual([
      "inventory_v1_discard",
      "inventory_v1_import",
      "inventory_v1_recount",
      "inventory_v1_reservation",
      "inventory_v1_reserve",
      "inventory_v1_search",
      "inventory_v1_stock",
      "shelves_v2_list",
    ]);
  });

  it("puts fields where the gateway takes them from", () => {
    expect(names(document.paths["/v1/stock/{sku}"].get)).toEqual(["path sku"]);
    expect(names(document.paths["/v1/stock"].get)).toEqual([
      "query text",
      "query limit",
      "query price",
      "query inStock",
      "query tags",
      "query shelf",
    ]);
    const recount = document.paths["/v1/stock/{sku}"].put;
    expect(Object.keys(recount.requestBody.content["application/json"].schema.properties)).toEqual(["left"]);
    expect(recount.parameters[1]).toEqual({ $ref: "#/components/parameters/IdempotencyKey" });
  });

  it("says that unknown fields are refused", () => {
    const { schema } = document.paths["/v1/reservations"].post.requestBody.content["application/json"];
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.lines.items.additionalProperties).toBe(false);
  });

  it("has declared errors with their schemas, and problems for the rest", () => {
    const { responses } = document.paths["/v1/reservations"].post;
    const [declared] = responses["409"].content["application/problem+json"].schema.anyOf;
    expect(declared.properties.type.const).toBe("/problems/inventory/OutOfStock");
    expect(Object.keys(declared.properties.data.properties)).toEqual(["sku", "left"]);
    expect(responses["401"]).toEqual({ $ref: "#/components/responses/401" });
    expect(document.components.responses["401"].content["application/problem+json"].schema).toEqual({
      $ref: "#/components/schemas/Problem",
    });
  });

  it("asks for a credential where access does", () => {
    expect(document.paths["/v1/stock/{sku}"].get.security).toEqual([]);
    expect(document.paths["/v1/stock/{sku}"].put.security).toEqual([{ bearer: ["clerk"] }]);
    expect(document.paths["/v1/reservations"].post.security).toBeUndefined();
    expect(document.security).toEqual([{ bearer: [] }]);
  });

  it("has a scheme for each kind of credential, any of which will do", async () => {
    const credentials = { issuers: ["https://id.example/realm"], apiKeys: true, development: true };
    const made = openapi([inventory], { title: "shop", credentials }) as any;
    expect(made.info.credentials).toBeUndefined();
    expect(made.components.securitySchemes.oidc).toMatchObject({
      type: "openIdConnect",
      openIdConnectUrl: "https://id.example/realm/.well-known/openid-configuration",
    });
    expect(made.security).toEqual([{ bearer: [] }, { oidc: [] }, { apiKey: [] }]);
    expect(made.paths["/v1/stock/{sku}"].put.security).toEqual([
      { bearer: ["clerk"] },
      { oidc: [] },
      { apiKey: ["clerk"] },
    ]);
    expect((await new Validator().validate(made)).errors).toBeUndefined();
    const keysOnly = openapi([inventory], { title: "shop", credentials: { apiKeys: true } }) as any;
    expect(keysOnly.security).toEqual([{ apiKey: [] }]);
  });

  it("has the examples of the contract where a caller looks for them", async () => {
    const sku = z.string().meta({ examples: ["heart"] });
    const shown = contract("shown", {
      version: 1,
      stock: query({
        http: "GET /stock/:sku",
        access: "public",
        input: z.object({ sku, at: z.string().optional() }),
      }),
      recount: command({
        http: "PUT /stock/:sku",
        access: "user",
        input: z.object({ sku, left: z.int() }).meta({ examples: [{ sku: "lamp", left: 3 }] }),
        output: z.object({ sku }).meta({ examples: [{ sku: "lamp" }] }),
      }),
    });
    const made = openapi([shown], { title: "shown" }) as any;
    const { get, put } = made.paths["/v1/stock/{sku}"];
    expect(get.parameters.map((each: any) => each.example)).toEqual(["heart", undefined]);
    expect(put.parameters[0].example).toBe("lamp");
    // The path has it: a body with it would be refused.
    expect(put.requestBody.content["application/json"].schema.examples).toEqual([{ left: 3 }]);
    expect(put.responses["200"].content["application/json"].schema.examples).toEqual([{ sku: "lamp" }]);
    expect((await new Validator().validate(made)).errors).toBeUndefined();
    const wrong = contract("wrong", {
      version: 1,
      day: query({
        http: "GET /day",
        access: "public",
        output: z.object({ day: z.int().meta({ examples: ["one"] }) }),
      }),
    });
    expect(() => openapi([wrong], { title: "wrong" })).toThrow(
      /wrong@1\.day\.output\.day: its example "one" does not fit/,
    );
  });

  it("is refused for a schema that cannot travel", () => {
    const dated = contract("dated", {
      version: 1,
      day: query({ http: "GET /day", access: "public", output: z.object({ day: z.date() }) }),
    });
    expect(() => openapi([dated], { title: "shop" })).toThrow(/dated@1\.day\.output\.day/);
  });
});

describe("the Idempotency-Key of the document", () => {
  it.each(["abc", '"abc"', '"a\\"b"', '"', '"a', '"a"b', '""', 'a"', "a b", "", "\\", '"\\a"'])(
    "takes %s where the gateway does",
    (key) => {
      const { pattern } = document.components.parameters.IdempotencyKey.schema;
      expect(new RegExp(pattern).test(key)).toBe(parseIdempotencyKey(key) !== undefined);
    },
  );
});

describe("/openapi.json", () => {
  let gateway: Gateway;
  const { ask } = clientOf(() => gateway.url);
  beforeAll(async () => {
    gateway = await startInventory();
  });
  afterAll(() => gateway.drain(0));

  it("is the document", async () => {
    expect((await ask("/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it("is not sent again to who has it", async () => {
    const { headers } = await ask("/openapi.json");
    const etag = headers.get("etag")!;
    for (const held of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const { status, body } = await ask("/openapi.json", { headers: { "if-none-match": held } });
      expect([held, status, body]).toEqual([held, 304, undefined]);
    }
    expect((await ask("/openapi.json", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("is true: what it promises of a route is what the route answers", async () => {
    const { body } = await ask("/v1/stock/1");
    const { schema } = document.paths["/v1/stock/{sku}"].get.responses["200"].content["application/json"];
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(schema.properties).toSorted());
  });
});

function names(operation: any): readonly string[] {
  return operation.parameters.map((each: any) => `${each.in} ${each.name}`);
}
