import { isSecretName, REDACTED } from "@kerf/runtime/log";

export type JsonSchema = { readonly [keyword: string]: unknown };

/** What stands in the place of a value that its contract calls sensitive. */
export const SENSITIVE = "[sensitive]";
/** And of one that no contract tells anything of. */
export const UNKNOWN = "[left out: no contract says what is sensitive in it]";

/**
 * A value of this schema without what is sensitive in it: what is marked so, and fields whose names are those of secrets.
 * Where a value may be one of several, what any of them hides is hidden. Without a schema nothing is shown.
 */
export function hidden(schema: JsonSchema | null | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  return schema ? hide(schema, value, schema) : UNKNOWN;
}

function hide(schema: JsonSchema, value: unknown, root: JsonSchema): unknown {
  if (value === null || value === undefined) return value;
  if (schema["sensitive"] === true) return SENSITIVE;
  const inner = [...partsOf(schema, root)];
  const shown = inner.reduce<unknown>(
    (left, one) => (left === SENSITIVE ? left : hide(one, left, root)),
    value,
  );
  if (Array.isArray(shown)) return shown.map((item, i) => hide(itemOf(schema, i), item, root));
  if (typeof shown !== "object" || shown === null) return shown;
  return Object.fromEntries(
    Object.entries(shown).map(([name, field]) => [
      name,
      isSecretName(name) && field !== null ? REDACTED : hide(fieldOf(schema, name), field, root),
    ]),
  );
}

/** Schemas that hold for the same value. */
function partsOf(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const several = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => schemasIn(schema[keyword]));
  const { $ref } = schema;
  const referred = typeof $ref === "string" ? resolve($ref, root) : undefined;
  return referred ? [...several, referred] : several;
}

/** JSON Pointers into the same document, as schemas that hold themselves have them. */
function resolve(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(2).split("/"))
    at = (at as Record<string, unknown> | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return isSchema(at) ? at : undefined;
}

function itemOf({ prefixItems, items }: JsonSchema, at: number): JsonSchema {
  const [own] = schemasIn(prefixItems).slice(at, at + 1);
  return own ?? (isSchema(items) ? items : {});
}

function fieldOf({ properties, additionalProperties }: JsonSchema, name: string): JsonSchema {
  const own = isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return isSchema(own) ? own : isSchema(additionalProperties) ? additionalProperties : {};
}

function schemasIn(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
