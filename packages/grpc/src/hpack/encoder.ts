import type { Output } from "../http2/output.ts";
import { FIELD_OVERHEAD, STATIC_TABLE } from "./static-table.ts";

const FIRST_DYNAMIC = STATIC_TABLE.length + 1;
const STATIC_FIELDS = new Map<string, number>();
const STATIC_NAMES = new Map<string, number>();
STATIC_TABLE.forEach(([name, value], at) => {
  if (value !== "") STATIC_FIELDS.set(`${name}\0${value}`, at + 1);
  if (!STATIC_NAMES.has(name)) STATIC_NAMES.set(name, at + 1);
});

/** Names of metadata that are worth a place in the table; what a caller makes up at random must not fill it. */
const MAX_NAMES = 24;
/** The table that we use when the peer allows more: constant fields of some dozen methods. */
const MAX_TABLE = 4096;

const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const WITHOUT_INDEXING = 0x00;
const NEVER_INDEXED = 0x10;

/** Fields that do not change from call to call; an encoder remembers how they were written. */
export class ConstantBlock {
  readonly fields: readonly (readonly [name: string, value: string])[];
  generation = -1;
  bytes: Uint8Array = new Uint8Array(0);

  constructor(fields: readonly (readonly [name: string, value: string])[]) {
    this.fields = fields;
  }
}

/**
 * Encodes the header blocks of one connection (RFC 7541). It puts constant fields and the names of metadata into the
 * dynamic table and never evicts: once the table is full, further fields are literals. So an index, once given,
 * stays right until the peer changes the size of the table.
 */
export class HpackEncoder {
  readonly #fields = new Map<string, number>();
  readonly #names = new Map<string, number>();
  #inserted = 0;
  #size = 0;
  #limit = 4096;
  #peerLimit = 4096;
  #smallest = -1;
  #generation = 0;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, told to it at the start of the next block (RFC 7541, section 4.2). */
  setPeerTableSize(bytes: number): void {
    if (bytes === this.#peerLimit && this.#smallest < 0) return;
    this.#peerLimit = bytes;
    this.#smallest = this.#smallest < 0 ? bytes : Math.min(this.#smallest, bytes);
  }

  /** Must be called at the start of every block. */
  begin(out: Output): void {
    if (this.#smallest >= 0) this.#resize(out);
  }

  #resize(out: Output): void {
    const smallest = Math.min(this.#smallest, MAX_TABLE);
    const limit = Math.min(this.#peerLimit, MAX_TABLE);
    this.#smallest = -1;
    if (smallest < this.#size) {
      // Eviction would drop the oldest; starting over is simpler, as rare as it is, and needs a size of zero once.
      this.#fields.clear();
      this.#names.clear();
      this.#inserted = 0;
      this.#size = 0;
      this.#generation++;
      integer(out, 0x20, 5, 0);
      if (limit > 0) integer(out, 0x20, 5, limit);
    } else {
      if (smallest < limit) integer(out, 0x20, 5, smallest);
      integer(out, 0x20, 5, limit);
    }
    this.#limit = limit;
  }

  /** A block of constant fields, copied when the table has not changed since it was last encoded. */
  constant(out: Output, block: ConstantBlock): void {
    if (block.generation === this.#generation) {
      const { bytes } = block;
      const { length } = bytes;
      out.reserve(length);
      const { buf } = out;
      let { pos } = out;
      for (let at = 0; at < length; at++) buf[pos++] = bytes[at]!;
      out.pos = pos;
      return;
    }
    const start = out.pos;
    const before = this.#generation;
    for (const [name, value] of block.fields) this.#constantField(out, name, value);
    if (this.#generation === before) {
      block.bytes = Uint8Array.prototype.slice.call(out.buf, start, out.pos);
      block.generation = before;
    }
  }

  #constantField(out: Output, name: string, value: string): void {
    const key = `${name}\0${value}`;
    const known = STATIC_FIELDS.get(key) ?? this.#dynamic(this.#fields.get(key));
    if (known !== undefined) integer(out, INDEXED, 7, known);
    else if (this.#insert(name, value)) {
      this.#fields.set(key, this.#inserted - 1);
      this.#literal(out, WITH_INDEXING, 6, this.#nameIndex(name, 1), name, value);
      if (!this.#names.has(name)) this.#names.set(name, this.#inserted - 1);
    } else this.#literal(out, WITHOUT_INDEXING, 4, this.#nameIndex(name, 0), name, value);
  }

  /** A field whose value changes: a literal without indexing, its name by index once it was seen. */
  field(out: Output, name: string, value: string): void {
    const index = this.#nameIndex(name, 0);
    if (index === 0 && this.#names.size < MAX_NAMES && value.length < 256 && this.#insert(name, value)) {
      this.#literal(out, WITH_INDEXING, 6, 0, name, value);
      this.#names.set(name, this.#inserted - 1);
    } else this.#literal(out, WITHOUT_INDEXING, 4, index, name, value);
  }

  /** A field that no one on the way may put in a table: credentials (RFC 7541, section 7.1.3). */
  secret(out: Output, name: string, value: string): void {
    this.#literal(out, NEVER_INDEXED, 4, this.#nameIndex(name, 0), name, value);
  }

  #nameIndex(name: string, justInserted: 0 | 1): number {
    const own = this.#names.get(name);
    // The index counts from the newest entry, before the one that is about to be inserted.
    if (own !== undefined) return FIRST_DYNAMIC + this.#inserted - justInserted - 1 - own;
    return STATIC_NAMES.get(name) ?? 0;
  }

  #dynamic(absolute: number | undefined): number | undefined {
    return absolute === undefined ? undefined : FIRST_DYNAMIC + this.#inserted - 1 - absolute;
  }

  #insert(name: string, value: string): boolean {
    const size = name.length + value.length + FIELD_OVERHEAD;
    if (this.#size + size > this.#limit || this.#smallest >= 0) return false;
    this.#size += size;
    this.#inserted++;
    this.#generation++;
    return true;
  }

  #literal(out: Output, pattern: number, prefix: number, index: number, name: string, value: string): void {
    integer(out, pattern, prefix, index);
    if (index === 0) {
      integer(out, 0, 7, name.length);
      out.latin1(name);
    }
    integer(out, 0, 7, value.length);
    out.latin1(value);
  }
}

function integer(out: Output, pattern: number, prefix: number, value: number): void {
  out.reserve(6);
  const { buf } = out;
  const mask = (1 << prefix) - 1;
  if (value < mask) {
    buf[out.pos++] = pattern | value;
    return;
  }
  buf[out.pos++] = pattern | mask;
  let rest = value - mask;
  while (rest > 0x7f) {
    buf[out.pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buf[out.pos++] = rest;
}
