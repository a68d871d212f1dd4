import type { FieldDescriptor, MessageDescriptor, ScalarType } from "./descriptor.ts";

/** Wire types (https://protobuf.dev/programming-guides/encoding/#structure). */
const wireTypes = { int64: 0, bool: 0, enum: 0, double: 1, string: 2, bytes: 2 } as const;

export function tagOf(field: FieldDescriptor): number {
  const wire = typeof field.type === "string" && field.label !== "map" ? wireTypes[field.type] : 2;
  return ((field.number << 3) | wire) >>> 0;
}

/** The tag of a repeated number that stands alone, or of several in one piece: readers take both. */
export function packedTagOf(field: FieldDescriptor): number {
  return ((field.number << 3) | 2) >>> 0;
}

export function isPackable(type: FieldDescriptor["type"]): type is ScalarType {
  return typeof type === "string" && wireTypes[type] !== 2;
}

export const methodOf = {
  string: "string",
  bool: "bool",
  int64: "int64",
  double: "double",
  bytes: "bytes",
  enum: "int64",
} as const satisfies Record<ScalarType, string>;

/** What an absent field that must be there means; such a value is not written. */
export const zeroOf = {
  string: '""',
  bool: "false",
  int64: "0",
  double: "0",
  bytes: "empty",
  enum: "0",
} as const satisfies Record<ScalarType, string>;

/** The body of `function (w, v)`, which writes the JSON value `v`. `name` gives the function of a nested message. */
export function encodeSource(message: MessageDescriptor, name: (inner: MessageDescriptor) => string): string {
  const [first] = message.fields;
  switch (message.form) {
    case "union":
      return unionSource(message, name);
    case "object":
      return `let x;\n${message.fields
        .map((field) => `x = v[${JSON.stringify(field.key)}];\n${fieldSource(field, name)}`)
        .join("\n")}`;
    case "nullable":
      return first ? `if (v === null) return;\nconst x = v;\n${fieldSource(first, name)}` : "";
    case "box":
    case "list":
    case "map":
      return first ? `const x = v;\n${fieldSource(first, name)}` : "";
    case "null":
    case "group":
      return "";
  }
}

function unionSource(message: MessageDescriptor, name: (inner: MessageDescriptor) => string): string {
  const key = JSON.stringify(message.discriminator);
  const cases = message.fields.map(
    (field) =>
      `${(field.tags ?? []).map((tag) => `case ${JSON.stringify(tag)}:`).join(" ")} {\n` +
      `const x = v;\n${fieldSource(field, name)}\nreturn;\n}`,
  );
  return `switch (v[${key}]) {\n${cases.join("\n")}\ndefault: unknownOption(${key}, v[${key}]);\n}`;
}

/** Writes `x`. */
function fieldSource(field: FieldDescriptor, name: (inner: MessageDescriptor) => string): string {
  const { type, label } = field;
  const tag = `w.uint32(${tagOf(field)});`;
  const one = (value: string): string =>
    typeof type === "string"
      ? `w.${methodOf[type]}(${value});`
      : `{ const m = w.open(); ${name(type)}(w, ${value}); w.close(m); }`;

  if (label === "map") {
    const valueTag = tagOf({ ...field, label: "required", number: 2 });
    return `if (x !== undefined) for (const k of Object.keys(x)) {
${tag} const e = w.open();
w.uint32(10); w.string(k);
w.uint32(${valueTag}); ${one("x[k]")}
w.close(e);
}`;
  }
  if (label === "repeated" && isPackable(type)) {
    return `if (x !== undefined && x.length > 0) {
w.uint32(${packedTagOf(field)}); const p = w.open();
for (let i = 0; i < x.length; i++) ${one("x[i]")}
w.close(p);
}`;
  }
  if (label === "repeated") {
    return `if (x !== undefined) for (let i = 0; i < x.length; i++) { ${tag} ${one("x[i]")} }`;
  }
  const skipped = label === "required" && typeof type === "string" ? ` && ${notZero(type)}` : "";
  return `if (x !== undefined${skipped}) { ${tag} ${one("x")} }`;
}

function notZero(type: ScalarType): string {
  if (type === "bytes") return "x.length > 0";
  // -0 is not the default in protobuf.
  return type === "double" ? "!Object.is(x, 0)" : `x !== ${zeroOf[type]}`;
}
