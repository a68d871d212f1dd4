import type { Output } from "../http2/output.ts";
import { typeOf, type EnumType, type Field, type MessageType, type ScalarType } from "./descriptor.ts";
import { encodeSupport } from "./encode-support.ts";
import { LONGS, Wire, WIRE_TYPE } from "./wire.ts";

export type Encode = (value: unknown, out: Output) => void;

/**
 * The functions that encode a message and everything in it, compiled: a line for every field, without a loop over
 * descriptors. Names of fields are the only foreign text in the source, and only as string literals.
 */
export class EncoderCompiler {
  readonly #done = new WeakMap<MessageType, { encode: Encode }>();

  compile(type: MessageType): { encode: Encode } {
    const known = this.#done.get(type);
    if (known !== undefined) return known;
    const slot: { encode: Encode } = { encode: () => undefined };
    this.#done.set(type, slot);
    const links: unknown[] = [];
    const body = type.fields.map((field, at) => this.#field(type, field, at, links)).join("\n");
    const source = `return function encode(m, out) {
      if (m === null || typeof m !== "object") s.wrong(${text(type.name)}, "an object", m);
      let v;
      ${body}
    }`;
    slot.encode = new Function("s", "k", source)(encodeSupport, links) as Encode;
    return slot;
  }

  #field(owner: MessageType, field: Field, at: number, links: unknown[]): string {
    const where = text(`${owner.name}.${field.name}`);
    const read = `v = m[${text(field.name)}];`;
    if (field.map !== undefined)
      return `${read} if (v !== undefined && v !== null) { ${this.#map(field, field.map, at, where, links)} }`;
    if (field.repeated === true)
      return `${read} if (v !== undefined && v !== null) { ${this.#repeated(field, at, where, links)} }`;
    const written = this.#value(field, "v", at, where, links);
    const presence =
      field.optional === true || field.oneof !== undefined || typeOf(field)?.kind === "message";
    const condition = `v !== undefined && v !== null${presence ? "" : ` && ${notDefault(field)}`}`;
    return `${read} if (${condition}) { ${tag(field.number, wireOf(field))} ${written} }`;
  }

  #repeated(field: Field, at: number, where: string, links: unknown[]): string {
    const check = `if (!Array.isArray(v)) s.wrong(${where}, "an array", v);`;
    const wire = wireOf(field);
    const item = this.#value(field, "x", at, where, links);
    if (wire === Wire.LENGTH) return `${check} for (const x of v) { ${tag(field.number, wire)} ${item} }`;
    return `${check} if (v.length > 0) { ${tag(field.number, Wire.LENGTH)} const a = s.begin(out); for (const x of v) { ${item} } s.finish(out, a); }`;
  }

  #map(field: Field, key: ScalarType, at: number, where: string, links: unknown[]): string {
    const keyText =
      key === "string"
        ? "i"
        : key === "bool"
          ? "s.boolKey(i)"
          : LONGS.has(key)
            ? `s.longKey(${where}, i)`
            : "Number(i)";
    const keyField: Field = { name: "key", number: 1, type: key };
    return `if (typeof v !== "object") s.wrong(${where}, "an object", v);
      for (const i of Object.keys(v)) {
        const y = v[i]; if (y === undefined) continue;
        const j = ${keyText};
        ${tag(field.number, Wire.LENGTH)} const a = s.begin(out);
        ${tag(1, wireOf(keyField))} ${this.#value(keyField, "j", at, where, links)}
        ${tag(2, wireOf(field))} ${this.#value(field, "y", at, where, links)}
        s.finish(out, a);
      }`;
  }

  /** Statements that write the value of the variable `v`, without its tag. */
  #value(field: Field, v: string, at: number, where: string, links: unknown[]): string {
    const type = typeOf(field);
    if (type === undefined) return scalar(field.type as ScalarType, v, where);
    if (type.kind === "enum") {
      links[at] = enumNumbers(type);
      return `out.varint(s.enumNumber(${where}, k[${at}], ${v}));`;
    }
    links[at] = this.compile(type);
    return `{ const b = s.begin(out); k[${at}].encode(${v}, out); s.finish(out, b); }`;
  }
}

function enumNumbers(type: EnumType): ReadonlyMap<string, number> {
  return new Map(Object.entries(type.values));
}

function text(value: string): string {
  return JSON.stringify(value);
}

function wireOf(field: Field): number {
  const type = typeOf(field);
  return type === undefined
    ? WIRE_TYPE[field.type as ScalarType]
    : type.kind === "enum"
      ? Wire.VARINT
      : Wire.LENGTH;
}

function tag(number: number, wire: number): string {
  const value = ((number << 3) | wire) >>> 0;
  return value < 0x80 ? `out.byte(${value});` : `out.varint(${value});`;
}

/** An implicit field is not written when it has its default; -0 is not 0 on the wire. */
function notDefault(field: Field): string {
  const type = typeOf(field);
  if (type !== undefined) return type.kind === "enum" ? "v !== 0" : "true";
  if (field.type === "string") return 'v !== ""';
  if (field.type === "bytes") return "v.length !== 0";
  if (field.type === "bool") return "v !== false";
  if (field.type === "double" || field.type === "float") return "(v !== 0 || Object.is(v, -0))";
  return LONGS.has(field.type as string) ? "v !== 0 && v !== 0n" : "v !== 0";
}

function scalar(type: ScalarType, v: string, where: string): string {
  switch (type) {
    case "string":
      return `if (typeof ${v} !== "string") s.wrong(${where}, "a string", ${v}); out.string(${v});`;
    case "bool":
      return `if (typeof ${v} !== "boolean") s.wrong(${where}, "a boolean", ${v}); out.byte(${v} ? 1 : 0);`;
    case "bytes":
      return `if (!(${v} instanceof Uint8Array)) s.wrong(${where}, "a Uint8Array", ${v}); out.varint(${v}.length); out.raw(${v});`;
    case "int32":
      return `if ((${v} | 0) !== ${v}) s.wrong(${where}, "an int32", ${v}); if (${v} >= 0) out.varint(${v}); else s.negative(out, ${v});`;
    case "uint32":
      return `if ((${v} >>> 0) !== ${v}) s.wrong(${where}, "a uint32", ${v}); out.varint(${v});`;
    case "sint32":
      return `if ((${v} | 0) !== ${v}) s.wrong(${where}, "an int32", ${v}); out.varint((${v} << 1) ^ (${v} >> 31));`;
    case "fixed32":
      return `if ((${v} >>> 0) !== ${v}) s.wrong(${where}, "a uint32", ${v}); s.fixed32(out, ${v});`;
    case "sfixed32":
      return `if ((${v} | 0) !== ${v}) s.wrong(${where}, "an int32", ${v}); s.fixed32(out, ${v});`;
    case "double":
    case "float":
      return `if (typeof ${v} !== "number") s.wrong(${where}, "a number", ${v}); s.${type}(out, ${v});`;
    default:
      return `s.${type}(out, ${where}, ${v});`;
  }
}
