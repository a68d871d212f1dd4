import { below, isJson, list, part, type Json } from "./document.ts";
import { camelCase, pascalCase, unique } from "./names.ts";
import { readParameters } from "./parameters.ts";
import type { Report } from "./report.ts";
import { objectText, type FieldText, type Schemas } from "./schemas.ts";

/** One query or command, as text. */
export interface OperationText {
  readonly name: string;
  readonly kind: "query" | "command";
  readonly description: string | undefined;
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** Code to schema. */
  readonly errors: ReadonlyMap<string, string>;
  /** How it is asked: what `http()` takes. */
  readonly operation: Json;
}

const methods = ["get", "put", "post", "patch", "delete"];

/** Reads every operation of a document. What cannot be one is reported. */
export function readOperations(document: Json, schemas: Schemas, report: Report): OperationText[] {
  const taken = new Set<string>();
  return Object.entries(part(document, "paths")).flatMap(([path, item]) => {
    const at = below("#/paths", path);
    const { value } = schemas.resolve(item, at);
    return Object.entries(value).flatMap(([method, operation]) => {
      const pointer = below(at, method);
      if (/^(?:head|options|trace)$/.test(method))
        report.add(pointer, "is left out: it is no query or command");
      if (!methods.includes(method) || !isJson(operation)) return [];
      const read = readOperation({ path, method, operation, shared: value, pointer, taken }, schemas, report);
      return read === undefined ? [] : [read];
    });
  });
}

interface Given {
  readonly path: string;
  readonly method: string;
  readonly operation: Json;
  readonly shared: Json;
  readonly pointer: string;
  readonly taken: Set<string>;
}

function readOperation(given: Given, schemas: Schemas, report: Report): OperationText | undefined {
  const { path, method, operation, shared, pointer, taken } = given;
  const kind = method === "get" ? "query" : "command";
  const parameters = readParameters(
    [
      ...parametersAt(shared, pointer.slice(0, pointer.lastIndexOf("/"))),
      ...parametersAt(operation, pointer),
    ],
    schemas,
    report,
  );
  const body =
    method === "get" || method === "delete"
      ? undefined
      : readBody(operation, pointer, parameters.fields, schemas, report);
  if ((method === "get" || method === "delete") && operation["requestBody"] !== undefined)
    report.add(below(pointer, "requestBody"), `is left out: ${method.toUpperCase()} has no body`);
  const answer = readAnswer(operation, pointer, schemas, report);
  const missing = [...path.matchAll(/\{([^{}]*)\}/g)].some(
    ([, name]) => !parameters.fields.some((field) => field.name === name),
  );
  if (body === "impossible" || answer === "impossible" || missing) {
    report.add(pointer, `is left out${missing ? ": its path has a part that is no parameter" : ""}`);
    return undefined;
  }
  const errors = readErrors(operation, pointer, schemas);
  const fields = [...parameters.fields, ...(body?.fields ?? [])];
  return {
    name: unique(
      camelCase(String(operation["operationId"] ?? ""), camelCase(`${method} ${path}`, "operation")),
      taken,
    ),
    kind,
    description: textOf(operation["summary"]) ?? textOf(operation["description"]),
    input: fields.length === 0 ? undefined : objectText(fields),
    output: answer?.text,
    errors: new Map(errors.map(({ code, text }) => [code, text])),
    operation: {
      route: `${method.toUpperCase()} ${path}`,
      ...(parameters.query.length > 0 && { query: parameters.query }),
      ...(Object.keys(parameters.headers).length > 0 && { headers: parameters.headers }),
      ...(body?.whole !== undefined && { body: body.whole }),
      ...(answer?.whole !== undefined && { answer: answer.whole }),
      ...(kind === "command" &&
        parameters.idempotencyKey !== undefined && { idempotencyKey: parameters.idempotencyKey }),
      ...(errors.length > 0 && {
        errors: Object.fromEntries(errors.map(({ status, code }) => [status, code])),
      }),
    },
  };
}

function parametersAt(holder: Json, pointer: string) {
  const at = below(pointer, "parameters");
  return list(holder["parameters"]).map((value, index) => ({ value, pointer: below(at, index) }));
}

type Body = { readonly fields: readonly FieldText[]; readonly whole?: string };

function readBody(
  operation: Json,
  pointer: string,
  taken: readonly FieldText[],
  schemas: Schemas,
  report: Report,
): Body | undefined | "impossible" {
  if (operation["requestBody"] === undefined) return undefined;
  const { value, pointer: at } = schemas.resolve(operation["requestBody"], below(pointer, "requestBody"));
  const json = jsonOf(value, at);
  if (json === undefined) {
    report.add(
      below(at, "content"),
      `has no JSON (${Object.keys(part(value, "content")).join(", ").slice(0, 80)})`,
    );
    return value["required"] === true ? "impossible" : undefined;
  }
  const required = value["required"] === true;
  const { value: schema, pointer: place } = schemas.resolve(json.schema, json.pointer);
  const isObject =
    schema["oneOf"] === undefined &&
    schema["anyOf"] === undefined &&
    (schema["type"] === "object" || isJson(schema["properties"]) || schema["allOf"] !== undefined);
  if (required && isObject && !isJson(schema["additionalProperties"])) {
    const fields = schemas.fields(schema, place, "input");
    if (!fields.some(({ name }) => taken.some((field) => field.name === name))) return { fields };
  }
  const text = schemas.text(json.schema, json.pointer, "input");
  if (text === undefined) return required ? "impossible" : undefined;
  const name = unique("body", new Set(taken.map((field) => field.name)));
  return { fields: [{ name, text, required }], whole: name };
}

/** The JSON of a body or answer, whatever kind of JSON it is. */
function jsonOf(
  value: Json,
  pointer: string,
): { readonly schema: unknown; readonly pointer: string } | undefined {
  const content = part(value, "content");
  const type = Object.keys(content).find(
    (each) => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(each) || each === "*/*",
  );
  if (type === undefined) return undefined;
  const at = below(below(below(pointer, "content"), type), "schema");
  return { schema: part(content, type)["schema"] ?? {}, pointer: at };
}

function readAnswer(
  operation: Json,
  pointer: string,
  schemas: Schemas,
  report: Report,
): { readonly text: string; readonly whole?: string } | undefined | "impossible" {
  const at = below(pointer, "responses");
  const good = Object.keys(part(operation, "responses")).filter((status) => /^2(?:\d\d|XX)$/i.test(status));
  const [status] = good.toSorted();
  if (status === undefined) {
    report.add(at, "has no answer that is a success: what comes is dropped");
    return undefined;
  }
  for (const other of good.filter((each) => each !== status))
    report.add(below(at, other), `is taken for the same as ${status}`);
  const { value, pointer: place } = schemas.resolve(part(operation, "responses")[status], below(at, status));
  if (Object.keys(part(value, "content")).length === 0) return undefined;
  const json = jsonOf(value, place);
  if (json === undefined) {
    report.add(
      below(place, "content"),
      `has no JSON (${Object.keys(part(value, "content")).join(", ").slice(0, 80)})`,
    );
    return "impossible";
  }
  const text = schemas.text(json.schema, json.pointer, "output");
  if (text === undefined) return "impossible";
  const { value: schema } = schemas.resolve(json.schema, json.pointer);
  const isPlain =
    (schema["type"] === "object" || isJson(schema["properties"]) || schema["allOf"] !== undefined) &&
    !text.startsWith("z.record") &&
    schema["nullable"] !== true;
  const constant = schemas.constants.get(text) ?? text;
  if (isPlain && constant.startsWith("z.object(") && !constant.endsWith(".nullable()")) return { text };
  const name = schema["type"] === "array" ? "items" : "value";
  return { text: objectText([{ name, text, required: true }]), whole: name };
}

/** Statuses that say something about the request; those about keys, time and load mean the same everywhere. */
const codes: { readonly [status: string]: string } = {
  400: "BadRequest",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  412: "PreconditionFailed",
  422: "Unprocessable",
};

function readErrors(
  operation: Json,
  pointer: string,
  schemas: Schemas,
): { status: string; code: string; text: string }[] {
  const taken = new Set<string>();
  return Object.entries(part(operation, "responses")).flatMap(([status, response]) => {
    if (!/^4\d\d$/.test(status) || /^4(?:01|03|07|08|25|29)$/.test(status)) return [];
    const { value, pointer: at } = schemas.resolve(response, below(below(pointer, "responses"), status));
    const json = jsonOf(value, at);
    const { value: schema, pointer: place } = schemas.resolve(json?.schema ?? {}, json?.pointer ?? at);
    const text = objectText(schemas.fields(schema, place, "output"));
    const title = typeof schema["title"] === "string" ? pascalCase(schema["title"]) : "";
    return [{ status, code: unique(title || codes[status] || `Status${status}`, taken), text }];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
