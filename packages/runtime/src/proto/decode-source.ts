import type { FieldDescriptor, MessageDescriptor } from "./descriptor.ts";
import { isPackable, methodOf, packedTagOf, tagOf, zeroOf } from "./encode-source.ts";

/** The body of `function (r)`, which reads a JSON value. `name` gives the function of a nested message. */
export function decodeSource(message: MessageDescriptor, name: (inner: MessageDescriptor) => string): string {
  const cases = message.fields.map((field, index) => caseSource(message, field, `f${index}`, name));
  const locals = message.fields.map((field, index) => `let f${index} = ${startOf(field)};`);
  return `${message.form === "union" ? "let u;" : locals.join(" ")}
while (r.more()) {
const t = r.uint32();
switch (t) {
${cases.join("\n")}
default: r.skip(t);
}
}
${resultSource(message)}`;
}

function startOf(field: FieldDescriptor): string {
  if (field.label === "repeated") return "[]";
  if (field.label === "map") return "{}";
  if (field.label !== "required") return "undefined";
  if (typeof field.type === "string") return zeroOf[field.type];
  // Other languages leave it out where it is null.
  return field.type.form === "nullable" || field.type.form === "null" ? "null" : "undefined";
}

function caseSource(
  message: MessageDescriptor,
  field: FieldDescriptor,
  local: string,
  name: (inner: MessageDescriptor) => string,
): string {
  const { type, label } = field;
  const one = typeof type === "string" ? `r.${methodOf[type]}()` : `nested(r, ${name(type)})`;
  if (label === "map") {
    const value = { ...field, label: "required", number: 2 } as const;
    return `case ${packedTagOf(field)}: {
const o = r.enter(); let k = "", x = ${typeof type === "string" ? zeroOf[type] : "undefined"};
while (r.more()) {
const t = r.uint32();
if (t === 10) k = r.string(); else if (t === ${tagOf(value)}) x = ${one}; else r.skip(t);
}
r.leave(o); put(${local}, k, x${typeof type === "string" ? "" : ` ?? ${emptySource(name(type))}`}); break;
}`;
  }
  if (label === "repeated" && isPackable(type)) {
    return `case ${packedTagOf(field)}: { const o = r.enter(); while (r.more()) ${local}.push(${one}); r.leave(o); break; }
case ${tagOf(field)}: ${local}.push(${one}); break;`;
  }
  if (label === "repeated") return `case ${tagOf(field)}: ${local}.push(${one}); break;`;
  if (message.form !== "union") return `case ${tagOf(field)}: ${local} = ${one}; break;`;
  return `case ${tagOf(field)}: u = ${one}; break;`;
}

/** In a map an absent message means an empty one. */
function emptySource(decode: string): string {
  return `${decode}(nothing())`;
}

function resultSource(message: MessageDescriptor): string {
  switch (message.form) {
    case "union":
      return "return u;";
    case "null":
    case "group":
      return "return null;";
    case "nullable":
      return "return f0 === undefined ? null : f0;";
    case "box":
    case "list":
    case "map":
      return "return f0;";
    case "object":
      return objectSource(message);
  }
}

/** Keys that are always there come as one literal, so that objects of a type share a shape. */
function objectSource(message: MessageDescriptor): string {
  const { implied, fields } = message;
  const always = fields.findIndex(isOptional);
  const fixed = always === -1 ? fields.length : always;
  const literal = fields.slice(0, fixed).map((field, index) => `${JSON.stringify(field.key)}: f${index}`);
  if (implied) literal.unshift(`${JSON.stringify(implied.key)}: ${JSON.stringify(implied.value)}`);
  const rest = fields.slice(fixed).map((field, index) => {
    const set = `v[${JSON.stringify(field.key)}] = f${index + fixed};`;
    return isOptional(field) ? `if (f${index + fixed} !== undefined) ${set}` : set;
  });
  return `const v = { ${literal.join(", ")} };\n${rest.join("\n")}\nreturn v;`;
}

/** A nested message may be missing even where it must not: the validator says so then. */
function isOptional(field: FieldDescriptor): boolean {
  return startOf(field) === "undefined";
}
