/** What no path or query may hold when it is decoded, whatever its contract says (`server/admission.ts`). */
const refusedInQuery = "\\u0000\\r\\n";
const refusedInPath = `${refusedInQuery}/\\\\`;

/** The schema of a parameter, which says so where it stands in the way of no pattern of the contract's own. */
export function urlSchema(schema: object, place: "path" | "query"): object {
  const { type, pattern, enum: values, const: value, items } = schema as { [keyword: string]: unknown };
  if (type === "array" && typeof items === "object")
    return { ...schema, items: urlSchema(items as object, place) };
  if (type !== "string" || pattern !== undefined || values !== undefined || value !== undefined)
    return schema;
  return { ...schema, pattern: `^[^${place === "path" ? refusedInPath : refusedInQuery}]*$` };
}
