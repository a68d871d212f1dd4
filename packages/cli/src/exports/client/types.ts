/** As much of JSON Schema as contracts make. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly default?: unknown;
}

/** Input: what a caller gives, with lists that it need not copy. Output: what it gets. */
type Io = "input" | "output";

/** The TypeScript type of a schema; its lines after the first are indented by `indent`. */
export function typeText(schema: object, io: Io, indent = ""): string {
  const { type, enum: values, anyOf, oneOf, items, additionalProperties, ...rest } = schema as JsonSchema;
  if ("const" in rest) return JSON.stringify(rest.const);
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ");
  const cases = anyOf ?? oneOf;
  if (cases) return [...new Set(cases.map((each) => typeText(each, io, indent)))].join(" | ");
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return listOf(typeText(items ?? {}, io, indent), io);
    case "object":
      if (typeof additionalProperties === "object")
        return `{ ${io === "input" ? "readonly " : ""}[name: string]: ${typeText(additionalProperties, io, indent)} }`;
      return objectText(schema as JsonSchema, io, indent);
    default:
      return "unknown";
  }
}

function listOf(element: string, io: Io): string {
  const simple = /^[\w.]+$/.test(element) || (element.startsWith("{") && !element.includes("|"));
  const list = simple ? `${element}[]` : `(${element})[]`;
  return io === "input" ? `readonly ${list}` : list;
}

function objectText({ properties = {}, required = [] }: JsonSchema, io: Io, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = !required.includes(name);
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const text = typeText(schema, io, inner);
    const type = optional && io === "input" ? `${text} | undefined` : text;
    const about = [
      ...(schema.description === undefined ? [] : [schema.description]),
      ...(schema.default === undefined ? [] : [`Default ${JSON.stringify(schema.default)}.`]),
      ...(schema.deprecated ? ["@deprecated"] : []),
    ];
    return `${comment(about, inner)}${inner}${io === "input" ? "readonly " : ""}${key}${optional ? "?" : ""}: ${type};\n`;
  });
  return fields.length === 0 ? "{}" : `{\n${fields.join("")}${indent}}`;
}

/** A comment for documentation, of one line or several; nothing where there is nothing to say. */
export function comment(lines: readonly string[], indent: string): string {
  const safe = lines.flatMap((line) => line.replaceAll("*/", "* /").split("\n"));
  if (safe.length === 0) return "";
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`;
  return `${indent}/**\n${safe.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}
