export type ScalarType =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

export type MapKeyType = Exclude<ScalarType, "double" | "float" | "bytes">;

/** An enumeration; its values are their names in JavaScript, and numbers where the name is not known. */
export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

/** A message: plain data, from which codecs and reflection are made. */
export interface MessageType {
  readonly kind: "message";
  /** With the package, as in `helloworld.HelloRequest`. */
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Field {
  /** The property in JavaScript and the name in the `.proto`. */
  readonly name: string;
  readonly number: number;
  /** A function is for messages that hold themselves. */
  readonly type: ScalarType | EnumType | MessageType | (() => MessageType);
  readonly repeated?: boolean;
  /** The field knows whether it was set, also when it is 0, "" or false. */
  readonly optional?: boolean;
  /** The name of the oneof that it is in: at most one of them is set. */
  readonly oneof?: string;
  /** The field is a map from this type of key, an object in JavaScript. */
  readonly map?: MapKeyType;
  /** 64-bit integers are bigint; "number" makes them numbers, and an error past 2^53. */
  readonly jstype?: "number" | "bigint";
}

const TYPE_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
const FIELD_NAME = /^[A-Za-z_]\w*$/;
const KEYS: ReadonlySet<string> = new Set([
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
]);
const SCALARS: ReadonlySet<string> = new Set([...KEYS, "double", "float", "bytes"]);

/** Describes a message. Throws TypeError where it could not be written as a proto3 message. */
export function message(name: string, fields: readonly Field[]): MessageType {
  if (!TYPE_NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no message name`);
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const field of fields) {
    const where = `field ${JSON.stringify(field.name)} of ${name}`;
    const { number } = field;
    if (!FIELD_NAME.test(field.name) || field.name === "__proto__")
      throw new TypeError(`${where}: a name has letters, digits and _`);
    if (
      !Number.isInteger(number) ||
      number < 1 ||
      number > 536_870_911 ||
      (number >= 19_000 && number <= 19_999)
    ) {
      throw new TypeError(`${where}: number ${number} is not 1 to 536,870,911 without 19,000 to 19,999`);
    }
    if (names.has(field.name)) throw new TypeError(`${where}: the name is used twice`);
    if (numbers.has(number)) throw new TypeError(`${where}: number ${number} is used twice`);
    names.add(field.name);
    numbers.add(number);
    if (typeof field.type === "string" && !SCALARS.has(field.type))
      throw new TypeError(`${where}: there is no type "${field.type}"`);
    if (field.map !== undefined && !KEYS.has(field.map))
      throw new TypeError(`${where}: "${field.map}" cannot be the key of a map`);
    const forms = [
      field.repeated === true,
      field.optional === true,
      field.oneof !== undefined,
      field.map !== undefined,
    ];
    if (forms.filter(Boolean).length > 1)
      throw new TypeError(`${where}: it is only one of repeated, optional, oneof and map`);
  }
  return { kind: "message", name, fields };
}

/** Describes an enumeration. Throws TypeError when it has no value 0, which proto3 needs as the default. */
export function enumeration(name: string, values: Readonly<Record<string, number>>): EnumType {
  if (!TYPE_NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no enumeration name`);
  for (const [value, number] of Object.entries(values)) {
    if (!FIELD_NAME.test(value) || (number | 0) !== number)
      throw new TypeError(`value ${JSON.stringify(value)} of ${name} is no name with an int32`);
  }
  if (!Object.values(values).includes(0))
    throw new TypeError(`${name} needs a value with the number 0, its default`);
  return { kind: "enum", name, values };
}

/** The message or enumeration that a field is made of; undefined for scalars. */
export function typeOf(field: Field): MessageType | EnumType | undefined {
  const { type } = field;
  return typeof type === "string" ? undefined : typeof type === "function" ? type() : type;
}
