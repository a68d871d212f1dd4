import { jsonSchema } from "@kerf/runtime/validate";
import type { Schema } from "kerf";

/** The JSON Schema of an object: what contracts have at the top of every input, output and error. */
export interface ObjectSchema {
  readonly examples?: readonly { readonly [name: string]: unknown }[];
  readonly properties: { readonly [name: string]: object };
  readonly required: readonly string[];
  readonly [keyword: string]: unknown;
}

export function objectSchema(schema: Schema, io: "input" | "output"): ObjectSchema {
  const made = jsonSchema(schema, io) as Partial<ObjectSchema>;
  return { ...made, properties: made.properties ?? {}, required: made.required ?? [] };
}

/** The schema without some of its fields. */
export function withoutFields(schema: ObjectSchema, names: readonly string[]): ObjectSchema {
  const left = (entries: object) =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
  return {
    ...schema,
    ...(schema.examples === undefined ? {} : { examples: schema.examples.map(left) }),
    properties: left(schema.properties),
    required: schema.required.filter((name) => !names.includes(name)),
  };
}

const problemProperties = {
  type: { type: "string", format: "uri-reference", description: "What kind of problem: resolves to a page." },
  title: { type: "string" },
  status: { type: "integer" },
  detail: { type: "string" },
  instance: { type: "string", format: "uri-reference", description: "The path of the request." },
  traceId: {
    type: "string",
    pattern: "^[0-9a-f]{32}$",
    description: "Names this request in logs and traces.",
  },
};

/** RFC 9457 as this gateway answers it. */
export const problemSchema = {
  type: "object",
  properties: {
    ...problemProperties,
    errors: {
      type: "array",
      description: "What is wrong with the input, field by field.",
      items: {
        type: "object",
        properties: {
          path: { type: "string", description: 'The field, dotted: "lines.0.sku"; empty for the whole.' },
          message: { type: "string" },
        },
        required: ["path", "message"],
      },
    },
  },
  required: ["type", "title", "status", "detail", "instance", "traceId"],
};

/** The problem of one declared error. */
export function declaredProblemSchema(type: string, code: string, data: Schema): object {
  return {
    type: "object",
    title: code,
    properties: {
      ...problemProperties,
      type: { type: "string", const: type },
      code: { type: "string", const: code },
      data: jsonSchema(data, "output"),
    },
    required: [...problemSchema.required, "code", "data"],
  };
}
