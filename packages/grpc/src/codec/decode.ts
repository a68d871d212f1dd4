import { decodeSupport } from "./decode-support.ts";
import { typeOf, type Field, type MapKeyType, type MessageType, type ScalarType } from "./descriptor.ts";
import { LONGS, MAX_DEPTH, Wire, WIRE_TYPE } from "./wire.ts";

export type Decode = (from: Buffer, start: number, end: number, depth: number) => unknown;

/**
 * The functions that decode a message and everything in it, compiled: a case for every field, its value in a local
 * variable, one object literal at the end. Every read is checked against the end of the message that it is in.
 */
export class DecoderCompiler {
  readonly #done = new WeakMap<MessageType, { decode: Decode }>();

  compile(type: MessageType): { decode: Decode } {
    const known = this.#done.get(type);
    if (known !== undefined) return known;
    const slot: { decode: Decode } = { decode: () => undefined };
    this.#done.set(type, slot);
    const links: unknown[] = [];
    const cases = type.fields.map((field, at) => this.#cases(type, field, at, links)).join("\n");
    const source = `return function decode(b, p, e, d) {
      if (d > ${MAX_DEPTH}) s.tooDeep();
      ${type.fields.map((field, at) => `let f${at} = ${initial(field)};`).join(" ")}
      let t = 0, n = 0;
      while (p < e) {
        t = b[p++];
        if (t > 127) { t = s.varint32(b, p - 1, e) >>> 0; p = s.pos; }
        switch (t) {
          ${cases}
          default: p = s.skip(b, p, e, t, d);
        }
      }
      const o = { ${type.fields.map(literal).filter(Boolean).join(", ")} };
      ${type.fields.map(late).join(" ")}
      return o;
    }`;
    slot.decode = new Function("s", "k", source)(decodeSupport, links) as Decode;
    return slot;
  }

  #cases(owner: MessageType, field: Field, at: number, links: unknown[]): string {
    const wire = wireOf(field);
    const label = (kind: number): number => ((field.number << 3) | kind) >>> 0;
    if (field.map !== undefined)
      return `case ${label(Wire.LENGTH)}: { ${this.#map(field, field.map, at, links)} break; }`;
    if (field.repeated === true) {
      const one = `case ${label(wire)}: { ${this.#read(field, at, "e", links)} f${at}.push(v); break; }`;
      if (wire === Wire.LENGTH) return one;
      // Both forms must be read, whichever the sender chose.
      return `${one} case ${label(Wire.LENGTH)}: { ${LENGTH} const q = p + n; while (p < q) { ${this.#read(field, at, "q", links)} f${at}.push(v); } break; }`;
    }
    const others = owner.fields
      .map((other, index) =>
        field.oneof !== undefined && other !== field && other.oneof === field.oneof
          ? `f${index} = undefined;`
          : "",
      )
      .join("");
    return `case ${label(wire)}: { ${this.#read(field, at, "e", links)} f${at} = v; ${others} break; }`;
  }

  /** Statements that declare `v` with the value at `p`, which must end before `end`, and move `p`. */
  #read(field: Field, at: number, end: string, links: unknown[]): string {
    const type = typeOf(field);
    if (type?.kind === "message") {
      links[at] = this.compile(type);
      return `${lengthBefore(end)} const v = k[${at}].decode(b, p, p + n, d + 1); p += n;`;
    }
    if (type?.kind === "enum") {
      links[at] = new Map(Object.entries(type.values).map(([name, number]) => [number, name]));
      return `const w = s.int32(b, p, ${end}); p = s.pos; const v = s.enumName(k[${at}], w);`;
    }
    return readScalar(field.type as ScalarType, end, field.jstype === "number");
  }

  #map(field: Field, key: MapKeyType, at: number, links: unknown[]): string {
    const keyField: Field = { name: "key", number: 1, type: key };
    const type = typeOf(field);
    if (type?.kind === "message") links[at] = this.compile(type);
    const missing = type?.kind === "message" ? `k[${at}].decode(b, p, p, d + 1)` : zero(field);
    return `${LENGTH} const q = p + n; let x = ${zero(keyField)}, y;
      while (p < q) {
        t = s.varint32(b, p, q) >>> 0; p = s.pos;
        if (t === ${8 | wireOf(keyField)}) { ${readScalar(key, "q", false)} x = v; }
        else if (t === ${16 | wireOf(field)}) { ${this.#read(field, at, "q", links)} y = v; }
        else p = s.skip(b, p, q, t, d);
      }
      s.put(f${at}, x, y === undefined ? ${missing} : y);`;
  }
}

function lengthBefore(end: string): string {
  return `if (p < ${end} && b[p] < 128) { n = b[p++]; if (n > ${end} - p) s.truncated(); } else { n = s.length(b, p, ${end}); p = s.pos; }`;
}
const LENGTH = lengthBefore("e");

function readScalar(type: ScalarType, end: string, asNumber: boolean): string {
  if (type === "string" || type === "bytes")
    return `${lengthBefore(end)} const v = s.${type}(b, p, p + n); p += n;`;
  if (type === "int32" || type === "uint32") {
    return `let v; if (p < ${end} && b[p] < 128) v = b[p++]; else { v = s.${type}(b, p, ${end}); p = s.pos; }`;
  }
  const call = `s.${type}(b, p, ${end})`;
  if (!LONGS.has(type)) return `const v = ${call}; p = s.pos;`;
  if (!asNumber) return `const v = ${call}; p = s.pos;`;
  const short = type === "int64" || type === "uint64" ? `if (p < ${end} && b[p] < 128) v = b[p++]; else` : "";
  return `let v; ${short} { v = s.safe(${call}); p = s.pos; }`;
}

function wireOf(field: Field): number {
  const type = typeOf(field);
  return type === undefined
    ? WIRE_TYPE[field.type as ScalarType]
    : type.kind === "enum"
      ? Wire.VARINT
      : Wire.LENGTH;
}

/** The default of proto3, as source. */
function zero(field: Field): string {
  const type = typeOf(field);
  if (type?.kind === "enum")
    return JSON.stringify(Object.entries(type.values).find(([, number]) => number === 0)![0]);
  if (type !== undefined) return "undefined";
  if (field.type === "string") return '""';
  if (field.type === "bool") return "false";
  if (field.type === "bytes") return "new Uint8Array(0)";
  return LONGS.has(field.type as string) && field.jstype !== "number" ? "0n" : "0";
}

function hasPresence(field: Field): boolean {
  return field.optional === true || field.oneof !== undefined || typeOf(field)?.kind === "message";
}

function initial(field: Field): string {
  if (field.map !== undefined) return "{}";
  if (field.repeated === true) return "[]";
  if (field.type === "bytes") return "undefined";
  return hasPresence(field) ? "undefined" : zero(field);
}

function literal(field: Field, at: number): string {
  const name = JSON.stringify(field.name);
  if (field.map !== undefined || field.repeated === true) return `${name}: f${at}`;
  if (hasPresence(field)) return "";
  return field.type === "bytes"
    ? `${name}: f${at} === undefined ? new Uint8Array(0) : f${at}`
    : `${name}: f${at}`;
}

/** A field with presence that is not there is not a property either. */
function late(field: Field, at: number): string {
  if (literal(field, at) !== "") return "";
  return `if (f${at} !== undefined) o[${JSON.stringify(field.name)}] = f${at};`;
}
