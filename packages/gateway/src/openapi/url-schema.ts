/** What no path or query may hold when it is decoded, whatever its contract says (`server/admission.ts`). */
const refused = {
  query: { characters: ["\0", "\r", "\n"], pattern: "^[^\\u0000\\r\\n]*$" },
  path: { characters: ["\0", "\r", "\n", "/", "\\"], pattern: "^[^\\u0000\\r\\n/\\\\]*$" },
};

/** The schema of a parameter, which says so where the contract's own would let it pass. */
export function urlSchema(schema: object, place: "path" | "query"): object {
  const { type, pattern, enum: values, const: value, items, allOf = [] } = schema as ParameterSchema;
  if (type === "array" && typeof items === "object") return { ...schema, items: urlSchema(items, place) };
  if (type !== "string" || values !== undefined || value !== undefined) return schema;
  const { characters, pattern: without } = refused[place];
  if (pattern === undefined) return { ...schema, pattern: without };
  const own = new RegExp(pattern, "u");
  const passes = characters.some((each) => own.test(each) || own.test(`a${each}b`));
  return passes ? { ...schema, allOf: [...allOf, { pattern: without }] } : schema;
}

interface ParameterSchema {
  readonly type?: unknown;
  readonly pattern?: string;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly items?: object;
  readonly allOf?: readonly object[];
}
