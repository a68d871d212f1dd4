import type {
  EnumDescriptor,
  FieldDescriptor,
  FieldLabel,
  MessageDescriptor,
  ScalarType,
} from "./descriptor.ts";

type Type = ScalarType | MessageDescriptor | EnumDescriptor;
/** A type, `optional` and a scalar, or a list of a type. A message is `optional` always. */
type FieldSpec = Type | `optional ${ScalarType}` | readonly [Type];

/**
 * A message of a protocol that is not made from a contract, whose JSON keys are its field names:
 * `wireMessage("Status", { code: [1, "int64"], details: [3, [any]] })`. int32 is written as int64: the bytes agree.
 */
export function wireMessage(
  path: string,
  spec: { readonly [name: string]: readonly [number: number, type: FieldSpec] },
): MessageDescriptor {
  const fields = Object.entries(spec).map(([name, [number, type]]): FieldDescriptor => ({
    name,
    key: name,
    number,
    ...parse(type),
    description: undefined,
    values: undefined,
    tags: undefined,
  }));
  const nested = fields.flatMap(({ type }) => (typeof type === "string" ? [] : [type]));
  return { ...group(nested), name: path, path, form: "object", fields };
}

/** Messages side by side, so as to compile them at once. */
export function group(messages: readonly MessageDescriptor[]): MessageDescriptor {
  return {
    name: "",
    path: "",
    form: "group",
    description: undefined,
    fields: [],
    messages,
    reserved: [],
    discriminator: undefined,
    implied: undefined,
  };
}

function parse(type: FieldSpec): Pick<FieldDescriptor, "type" | "label" | "enumeration"> {
  if (isList(type)) return { ...parse(type[0]), label: "repeated" };
  if (typeof type === "object") {
    return "values" in type
      ? { type: "enum", label: "required", enumeration: type }
      : { type, label: "optional" };
  }
  const [last, optional] = type.split(" ").toReversed();
  const label: FieldLabel = optional ? "optional" : "required";
  return { type: last as ScalarType, label };
}

function isList(type: FieldSpec): type is readonly [Type] {
  return Array.isArray(type);
}
