import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkContract, compileValidator } from "@kerf/runtime/validate";
import { describe as factsOf, type AnyContract, type AnyQuery, type ForeignService } from "kerf";
import { afterAll, describe, expect, it } from "vitest";
import { adopt } from "./adopt.ts";
import { readDocument, type Json } from "./document.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-adopt-"));
symlinkSync(
  fileURLToPath(new URL("../../../../node_modules", import.meta.url)),
  join(folder, "node_modules"),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = (schema: Json) => ({ content: { "application/json": { schema } } });
const answers = (schema: Json) => ({ "200": { description: "", ...json(schema) } });

/** A document with what OpenAPI allows and contracts do not, and with text that would break out of a file. */
const awkward: Json = {
  openapi: "3.1.0",
  info: { title: "Pet store */ \u2028 export", version: "v7" },
  servers: [{ url: "https://{region}.pets.example/v2/", variables: { region: { default: "eu" } } }],
  security: [{ login: [] }],
  paths: {
    "/pets": {
      parameters: [{ name: "X-Tenant-Id", in: "header", required: true, schema: { type: "string" } }],
      get: {
        summary: 'All */ pets"; \n import("evil")',
        parameters: [
          { name: "kind", in: "query", schema: { type: "array", items: { enum: ["cat", "dog"] } } },
          { name: "filter", in: "query", style: "deepObject", schema: { type: "object" } },
          { name: "session", in: "cookie", schema: { type: "string" } },
          { name: "ids", in: "query", explode: false, schema: { type: "array", items: { type: "integer" } } },
        ],
        responses: answers({ type: "array", items: { $ref: "#/components/schemas/Pet" } }),
      },
      post: {
        operationId: "delete",
        requestBody: { required: true, ...json({ $ref: "#/components/schemas/Pet" }) },
        responses: {
          "201": { description: "", ...json({ $ref: "#/components/schemas/Pet" }) },
          "400": { description: "" },
          "401": { description: "" },
          "404": {
            description: "",
            ...json({ title: "no such owner!", type: "object", properties: { id: { type: "string" } } }),
          },
          "409": { description: "", ...json({ type: "string" }) },
        },
      },
      head: { responses: {} },
    },
    "/pets/{pet-id}/photo": {
      put: {
        operationId: "Upload Photo",
        parameters: [
          { name: "pet-id", in: "path", required: true, schema: { type: "integer", exclusiveMinimum: 0 } },
        ],
        requestBody: { required: true, content: { "image/png": {} } },
        responses: { "204": { description: "" } },
      },
      delete: {
        parameters: [
          { name: "pet-id", in: "path", required: true, schema: { type: "integer", exclusiveMinimum: 0 } },
        ],
        responses: { "204": { description: "" } },
      },
    },
    "/owners/{id}": { get: { operationId: "owner", responses: answers({ type: "object" }) } },
    "/notes": {
      post: {
        operationId: "note",
        requestBody: json({ type: "object", properties: { text: { type: "string" } } }),
        responses: { "202": { description: "", content: { "text/plain": {} } } },
      },
      patch: {
        operationId: "notes",
        requestBody: {
          required: true,
          ...json({ type: "array", items: { type: "string", pattern: "(?<n>" } }),
        },
        responses: { default: { description: "" } },
      },
    },
  },
  components: {
    securitySchemes: { login: { type: "oauth2", flows: {} } },
    schemas: {
      Base: {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string", readOnly: true }, secret: { type: "string", writeOnly: true } },
      },
      Pet: {
        allOf: [
          { $ref: "#/components/schemas/Base" },
          {
            type: "object",
            required: ["name", "state"],
            properties: {
              name: { type: "string", minLength: 1, maxLength: 40 },
              state: { enum: ["free", "sold"] },
              born: { type: ["string", "null"], format: "date" },
              weight: { anyOf: [{ type: "number" }, { type: "null" }] },
              parent: { $ref: "#/components/schemas/Pet" },
              tags: { type: "object", additionalProperties: { type: "string" } },
              extra: {},
              either: { oneOf: [{ type: "string" }, { type: "integer" }] },
              food: {
                oneOf: [{ $ref: "#/components/schemas/Meat" }, { $ref: "#/components/schemas/Hay" }],
                discriminator: { propertyName: "type", mapping: { hay: "#/components/schemas/Hay" } },
              },
              there: { $ref: "https://evil.example/schema.json" },
              "odd-name": { type: "boolean" },
            },
          },
        ],
      },
      Meat: {
        type: "object",
        required: ["type"],
        properties: { type: { const: "meat" }, grams: { type: "integer" } },
      },
      Hay: {
        type: "object",
        required: ["type"],
        properties: { type: { type: "string" }, bales: { type: "integer" } },
      },
    },
  },
};

let files = 0;
async function load(text: string, name: string): Promise<{ contract: AnyContract; service: ForeignService }> {
  const file = join(folder, `made-${++files}.ts`);
  writeFileSync(file, text);
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  return { contract: module[name] as AnyContract, service: module[`${name}Service`] as ForeignService };
}

describe("an awkward document", async () => {
  const { name, text, remarks } = adopt({ document: awkward, url: undefined }, undefined);
  const { contract, service } = await load(text, name);
  const { members, version } = factsOf(contract);

  it("becomes a contract of the subset that contracts keep to", () => {
    expect([name, version]).toEqual(["petStoreExport", 1]);
    expect(() => checkContract(contract)).not.toThrow();
    expect([...members.keys()]).toEqual(["getPets", "delete2", "deletePetsPetIdPhoto", "notes"]);
    expect(service).toMatchObject({ url: "https://eu.pets.example/v2", auth: "bearer" });
    expect(text).not.toContain("\u2028");
    expect(members.get("getPets")!.description).toBe('All */ pets"; import("evil")');
  });

  it("says how each is asked", () => {
    expect(service.operations).toEqual({
      getPets: {
        route: "GET /pets",
        query: ["kind"],
        headers: { xTenantId: "X-Tenant-Id" },
        answer: "items",
      },
      delete2: {
        route: "POST /pets",
        headers: { xTenantId: "X-Tenant-Id" },
        errors: { 400: "BadRequest", 404: "NoSuchOwner", 409: "Conflict" },
      },
      deletePetsPetIdPhoto: { route: "DELETE /pets/{pet-id}/photo" },
      notes: { route: "PATCH /notes", body: "body" },
    });
  });

  it("is checked closely on the way out and by type on the way back", () => {
    const { input, output } = members.get("delete2") as AnyQuery;
    const pet = { xTenantId: "t", name: "Tom", state: "free" };
    const given = compileValidator(input, { unknownFields: "reject", enums: "exact" });
    expect(given(pet).ok).toBe(true);
    for (const wrong of [
      { name: "" },
      { name: "x".repeat(41) },
      { state: "unknown" },
      { born: "yesterday" },
      { id: "1" },
    ])
      expect([wrong, given({ ...pet, ...wrong }).ok]).toEqual([wrong, false]);
    const all = { born: null, weight: 1.5, tags: { a: "b" }, secret: "s", "odd-name": true };
    expect(given({ ...pet, ...all, food: { type: "hay", bales: 1 } }).ok).toBe(true);
    expect(given({ ...pet, food: { type: "meat", bales: 1 } }).ok).toBe(false);
    const taken = compileValidator(output, { unknownFields: "drop", enums: "open" });
    const answer = taken({ id: "1", name: "", state: "lost", secret: "s", born: "?" });
    expect(answer).toMatchObject({ ok: true, value: { id: "1", name: "", state: "unknown", born: "?" } });
  });

  it("says of each thing that it leaves out where it stands, in the file too", () => {
    const pointers = remarks.map(({ pointer }) => pointer);
    for (const pointer of [
      "#/paths/~1pets/get/parameters/1",
      "#/paths/~1pets/get/parameters/2",
      "#/paths/~1pets/get/parameters/3",
      "#/paths/~1pets/head",
      "#/paths/~1pets~1{pet-id}~1photo/put",
      "#/paths/~1owners~1{id}/get",
      "#/paths/~1notes/post",
      "#/paths/~1notes/patch/responses",
      "#/components/securitySchemes/login",
      "#/components/schemas/Pet/allOf/1/properties/parent",
      "#/components/schemas/Pet/allOf/1/properties/extra",
      "#/components/schemas/Pet/allOf/1/properties/either",
      "#/components/schemas/Pet/allOf/1/properties/there",
    ]) {
      expect(pointers).toContain(pointer);
      expect(text).toContain(`// - ${pointer} `);
    }
    expect(pointers.some((pointer) => pointer.endsWith("/items/pattern"))).toBe(true);
  });
});

describe("a document", () => {
  const minimal = (more: Json): Json => ({
    openapi: "3.0.1",
    info: {},
    paths: { "/x": { get: { responses: {} } } },
    ...more,
  });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("is read from JSON and YAML, from a file and from a URL", async () => {
    expect((await readDocument(write("a.json", JSON.stringify(minimal({}))))).document["openapi"]).toBe(
      "3.0.1",
    );
    expect((await readDocument(write("a.yaml", "openapi: 3.1.0\npaths: {}\n"))).document["openapi"]).toBe(
      "3.1.0",
    );
    const server = createServer((request, response) => {
      if (request.url === "/moved") return void response.writeHead(302, { location: "/" }).end();
      response.end(JSON.stringify(minimal({ servers: [{ url: "/api" }] })));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = await readDocument(`${url}/openapi.json`);
    expect(adopt(source, "shop").text).toContain(`url: "${url}/api"`);
    await expect(readDocument(`${url}/moved`)).rejects.toThrow("cannot be read");
    server.close();
    server.closeAllConnections();
    await expect(readDocument(url)).rejects.toThrow("cannot be read");
  });

  it.each([
    ["swagger: '2.0'", "OpenAPI 2.0"],
    ["openapi: 4.0.0", "OpenAPI 4.0.0"],
    ["a: b", "no OpenAPI document"],
    ["- a", "holds no object"],
    ["{", "neither JSON nor YAML"],
  ])("%s is refused", async (text, problem) => {
    await expect(readDocument(write("wrong.yaml", text))).rejects.toThrow(problem);
  });

  it("at an address of the machine's metadata, or one that is not there, is refused", async () => {
    await expect(readDocument("http://169.254.169.254/openapi.json")).rejects.toThrow("metadata service");
    await expect(readDocument("/nowhere.yaml")).rejects.toThrow("There is no file");
  });

  it("that nothing of can be called is refused", () => {
    expect(() => adopt({ document: minimal({ paths: {} }), url: undefined }, undefined)).toThrow(
      "no operation",
    );
  });
});
