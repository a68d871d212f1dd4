/** Names that HTTP/2 or gRPC own; a caller that could set them could break the framing or forge a status. */
const RESERVED = new Set([
  "content-type",
  "te",
  "host",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "content-encoding",
]);
const NAME = /^[0-9a-z_.-]+$/;
const UNPRINTABLE = /[^\x20-\x7e]/;

export type MetadataValue = string | Uint8Array;
/** How a caller may give metadata. */
export type MetadataInit =
  | Metadata
  | Iterable<readonly [name: string, value: MetadataValue]>
  | Readonly<Record<string, MetadataValue>>;

/**
 * Names and values that travel beside the messages of a call. Names are lower case; one may have several values. The
 * values of names that end in `-bin` are bytes, all others are printable ASCII. Throws TypeError for a name or value
 * that cannot be sent.
 */
export class Metadata implements Iterable<readonly [name: string, value: MetadataValue]> {
  /** Name, value, name, value… as on the wire: bytes are base64. */
  #wire: string[];

  constructor(init?: MetadataInit) {
    this.#wire = [];
    if (init === undefined) return;
    if (init instanceof Metadata) this.#wire = init.#wire.slice();
    else if (Symbol.iterator in init) for (const [name, value] of init) this.append(name, value);
    else for (const name in init) this.append(name, (init as Readonly<Record<string, MetadataValue>>)[name]!);
  }

  /** Takes fields that a peer sent, as they are. */
  static fromWire(wire: string[]): Metadata {
    const metadata = new Metadata();
    metadata.#wire = wire;
    return metadata;
  }

  /** Name, value, name, value… as they are sent. */
  wire(): readonly string[] {
    return this.#wire;
  }

  /** The first value of `name`; bytes when it ends in `-bin`. */
  get(name: string): MetadataValue | undefined {
    const key = name.toLowerCase();
    for (let at = 0; at < this.#wire.length; at += 2) {
      if (this.#wire[at] === key) return valueOf(key, firstOf(key, this.#wire[at + 1]!));
    }
    return undefined;
  }

  /** The first value of `name` if it is text. */
  text(name: string): string | undefined {
    const value = this.get(name);
    return typeof value === "string" ? value : undefined;
  }

  getAll(name: string): MetadataValue[] {
    const key = name.toLowerCase();
    const values: MetadataValue[] = [];
    for (let at = 0; at < this.#wire.length; at += 2) {
      if (this.#wire[at] === key)
        for (const one of split(key, this.#wire[at + 1]!)) values.push(valueOf(key, one));
    }
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Replaces all values of `name`. */
  set(name: string, value: MetadataValue): this {
    this.delete(name);
    return this.append(name, value);
  }

  append(name: string, value: MetadataValue): this {
    const key = checkedName(name);
    if (key.endsWith("-bin")) {
      if (typeof value === "string")
        throw new TypeError(`metadata "${key}" takes bytes (a Uint8Array), because its name ends in -bin`);
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      this.#push(key, bytes.toString("base64").replace(/=+$/, ""));
    } else {
      if (typeof value !== "string")
        throw new TypeError(`metadata "${key}" takes a string; a name for bytes ends in -bin`);
      const text = trimmed(value);
      if (UNPRINTABLE.test(text))
        throw new TypeError(`metadata "${key}" has a character outside printable ASCII`);
      this.#push(key, text);
    }
    return this;
  }

  #push(key: string, wire: string): void {
    // An empty array that is pushed to makes room for seventeen; most calls have one or two fields.
    if (this.#wire.length === 0) this.#wire = [key, wire];
    else this.#wire.push(key, wire);
  }

  delete(name: string): void {
    const key = name.toLowerCase();
    if (this.#wire.includes(key))
      this.#wire = this.#wire.filter((_, at) => this.#wire[at - (at % 2)] !== key);
  }

  get size(): number {
    return this.#wire.length / 2;
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: MetadataValue]> {
    for (let at = 0; at < this.#wire.length; at += 2) {
      const name = this.#wire[at]!;
      for (const one of split(name, this.#wire[at + 1]!)) yield [name, valueOf(name, one)];
    }
  }

  toJSON(): Record<string, string[]> {
    const json: Record<string, string[]> = Object.create(null);
    for (let at = 0; at < this.#wire.length; at += 2)
      (json[this.#wire[at]!] ??= []).push(this.#wire[at + 1]!);
    return json;
  }
}

/** Names that were found good; a caller uses few, and a cache that others could fill would have to be bounded. */
const goodNames = new Set<string>();
const MOST_GOOD_NAMES = 256;

function checkedName(name: string): string {
  if (goodNames.has(name)) return name;
  const key = name.toLowerCase();
  if (!NAME.test(key))
    throw new TypeError(`metadata name ${JSON.stringify(name)} may have only letters, digits and _ . -`);
  if (key.startsWith("grpc-") || RESERVED.has(key)) throw new TypeError(`metadata name "${key}" is reserved`);
  if (goodNames.size < MOST_GOOD_NAMES) goodNames.add(key);
  return key;
}

function trimmed(value: string): string {
  const { length } = value;
  return length > 0 && (value.charCodeAt(0) <= 0x20 || value.charCodeAt(length - 1) <= 0x20)
    ? value.trim()
    : value;
}

/** Several values of bytes may come joined by commas (gRPC over HTTP/2, "Custom-Metadata"). */
function split(name: string, wire: string): string[] {
  return name.endsWith("-bin") && wire.includes(",") ? wire.split(",").map((part) => part.trim()) : [wire];
}

function firstOf(name: string, wire: string): string {
  return split(name, wire)[0]!;
}

function valueOf(name: string, wire: string): MetadataValue {
  return name.endsWith("-bin") ? new Uint8Array(Buffer.from(wire, "base64")) : wire;
}
