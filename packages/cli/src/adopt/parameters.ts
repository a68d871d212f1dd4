import { below, isJson, type Json } from "./document.ts";
import { camelCase } from "./names.ts";
import type { Report } from "./report.ts";
import type { FieldText, Schemas } from "./schemas.ts";

export interface Parameters {
  readonly fields: readonly FieldText[];
  readonly query: readonly string[];
  readonly headers: { readonly [field: string]: string };
  /** The header by which the service makes a command once. */
  readonly idempotencyKey: string | undefined;
}

/** A parameter as it stands in the document, and where. */
export interface Given {
  readonly value: unknown;
  readonly pointer: string;
}

/** OpenAPI says that these are described elsewhere. */
const described = /^(?:accept|content-type|authorization)$/i;

/** Reads the parameters of an operation; later ones replace earlier ones of the same place and name. */
export function readParameters(given: readonly Given[], schemas: Schemas, report: Report): Parameters {
  const found = new Map<string, { readonly value: Json; readonly pointer: string }>();
  for (const { value, pointer } of given) {
    const resolved = schemas.resolve(value, pointer);
    found.set(`${String(resolved.value["in"])} ${String(resolved.value["name"])}`, resolved);
  }
  const fields: FieldText[] = [];
  const query: string[] = [];
  const headers: Record<string, string> = {};
  let idempotencyKey: string | undefined;
  for (const { value, pointer: at } of found.values()) {
    const name = String(value["name"] ?? "");
    const place = value["in"];
    if (place === "header" && described.test(name)) continue;
    if (place === "header" && /^(?:x-)?idempotency-key$/i.test(name)) {
      idempotencyKey = name;
      continue;
    }
    const field = place === "header" ? camelCase(name, "header") : name;
    const text = writable(value, at, schemas, report);
    if (text === undefined || fields.some((known) => known.name === field)) {
      if (text !== undefined) report.add(at, `is left out: another parameter is called "${field}"`);
      else if (value["required"] === true) report.add(at, "is required by the service, and cannot be given");
      continue;
    }
    fields.push({ name: field, text, required: value["required"] === true || place === "path" });
    if (place === "query") query.push(field);
    if (place === "header") headers[field] = name;
  }
  return { fields, query, headers, idempotencyKey };
}

/** The text of a parameter that can be sent as it has to be; undefined for another, which is reported. */
function writable(value: Json, pointer: string, schemas: Schemas, report: Report): string | undefined {
  const place = value["in"];
  const { value: schema } = schemas.resolve(value["schema"], below(pointer, "schema"));
  const refuse = (why: string): undefined => report.add(pointer, `${why}, and is left out`) as undefined;
  if (place !== "path" && place !== "query" && place !== "header")
    return refuse(`is in ${String(place).slice(0, 20)}`);
  if (!isJson(value["schema"])) return refuse("has no schema");
  if (schema["type"] === "object" || isJson(schema["properties"])) return refuse("is an object");
  if (
    schema["type"] === "array" &&
    (place !== "query" || value["explode"] === false || (value["style"] ?? "form") !== "form")
  )
    return refuse("is a list that is not written once for each entry");
  return schemas.text(value["schema"], below(pointer, "schema"), "input");
}
