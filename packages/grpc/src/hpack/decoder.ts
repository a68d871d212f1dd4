import { HpackError } from "./hpack-error.ts";
import { huffmanDecode } from "./huffman.ts";
import { SHORT_TEXT, shortText } from "../http2/short-text.ts";
import { FIELD_OVERHEAD, STATIC_TABLE } from "./static-table.ts";

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly malformed: boolean;
}

const STATIC_ENTRIES: readonly Entry[] = STATIC_TABLE.map(([name, value]) => ({
  name,
  value,
  malformed: false,
}));
/** Names and values that are compared for every call: one string for each makes that a comparison of pointers. */
const KNOWN: ReadonlyMap<string, string> = new Map(
  [
    "te",
    "content-type",
    "user-agent",
    "grpc-timeout",
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-status",
    "grpc-message",
    "traceparent",
    "trailers",
    "application/grpc",
    "identity,gzip",
  ].map((known) => [known, known]),
);
const FIRST_DYNAMIC = STATIC_ENTRIES.length + 1;
/** Continuation bytes of an integer: 28 bits are more than any length or index that can be meant. */
const MAX_INTEGER_SHIFT = 21;

/**
 * Decodes the header blocks of one connection (RFC 7541). After a block was decoded, `listSize` says how large the
 * list was, `tooLarge` whether it passed `maxListSize` (the fields past it were dropped, the table was still kept in
 * step), and `malformed` whether a field has a name or value that HTTP/2 forbids (RFC 9113, section 8.2.1).
 */
export class HpackDecoder {
  listSize = 0;
  tooLarge = false;
  malformed = false;
  readonly #maxTableSize: number;
  readonly #maxListSize: number;
  #tableLimit: number;
  #tableSize = 0;
  /** Oldest first; those before `#first` were evicted. */
  #entries: Entry[] = [];
  #first = 0;
  #at = 0;
  #stringMalformed = false;
  #scratch: Buffer | undefined;
  /** Name, value, name, value… of the last block; used again by the next, and longer than it (see `decode`). */
  readonly fields: string[] = [];
  #count = 0;

  constructor(maxTableSize: number, maxListSize: number) {
    this.#maxTableSize = maxTableSize;
    this.#tableLimit = maxTableSize;
    this.#maxListSize = maxListSize;
  }

  /**
   * Decodes the block `from[start..end)` into `fields` and returns how many of its places belong to the block: an array
   * that is emptied would be allocated anew each time. Throws HpackError when the block is not HPACK.
   */
  decode(from: Buffer, start: number, end: number): number {
    this.#count = 0;
    this.listSize = 0;
    this.tooLarge = false;
    this.malformed = false;
    this.#at = start;
    while (this.#at < end) {
      const byte = from[this.#at]!;
      if (byte >= 0x80) {
        const index = byte < 0xff ? (this.#at++, byte & 0x7f) : this.#integer(from, end, 7);
        const entry = this.#entry(index);
        if (entry.malformed) this.malformed = true;
        this.#add(entry.name, entry.value);
      } else if (byte >= 0x40) this.#literal(from, end, 6);
      else if (byte >= 0x20) this.#resize(this.#integer(from, end, 5));
      else this.#literal(from, end, 4);
    }
    return this.#count;
  }

  #add(name: string, value: string): void {
    this.listSize += name.length + value.length + FIELD_OVERHEAD;
    if (this.listSize > this.#maxListSize) this.tooLarge = true;
    else {
      this.fields[this.#count++] = name;
      this.fields[this.#count++] = value;
    }
  }

  #literal(from: Buffer, end: number, prefix: 4 | 6): void {
    const index = this.#integer(from, end, prefix);
    let name: string;
    let malformed = false;
    if (index === 0) {
      name = this.#string(from, end, true);
      malformed = this.#stringMalformed;
    } else {
      const entry = this.#entry(index);
      name = entry.name;
      malformed = entry.malformed;
    }
    const value = this.#string(from, end, false);
    if (malformed || this.#stringMalformed) {
      malformed = true;
      this.malformed = true;
    }
    if (prefix === 6)
      this.#insert({ name: KNOWN.get(name) ?? name, value: KNOWN.get(value) ?? value, malformed });
    this.#add(name, value);
  }

  #entry(index: number): Entry {
    if (index > 0 && index < FIRST_DYNAMIC) return STATIC_ENTRIES[index - 1]!;
    const at = this.#entries.length - 1 - (index - FIRST_DYNAMIC);
    if (index === 0 || at < this.#first) throw new HpackError(`index ${index} is not in the table`);
    return this.#entries[at]!;
  }

  #insert(entry: Entry): void {
    const size = entry.name.length + entry.value.length + FIELD_OVERHEAD;
    this.#evict(this.#tableLimit - size);
    // A field larger than the table empties it and is not kept (RFC 7541, section 4.4).
    if (size > this.#tableLimit) return;
    this.#entries.push(entry);
    this.#tableSize += size;
  }

  #evict(limit: number): void {
    while (this.#tableSize > limit && this.#first < this.#entries.length) {
      const { name, value } = this.#entries[this.#first++]!;
      this.#tableSize -= name.length + value.length + FIELD_OVERHEAD;
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #resize(limit: number): void {
    if (this.listSize > 0) throw new HpackError("the table may be resized only at the start of a block");
    if (limit > this.#maxTableSize)
      throw new HpackError(`table size ${limit} is over the ${this.#maxTableSize} allowed`);
    this.#tableLimit = limit;
    this.#evict(limit);
  }

  #integer(from: Buffer, end: number, prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = from[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= end) throw new HpackError("the block ends inside an integer");
      if (shift > MAX_INTEGER_SHIFT) throw new HpackError("an integer is too long");
      const byte = from[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #string(from: Buffer, end: number, isName: boolean): string {
    if (this.#at >= end) throw new HpackError("the block ends before a string");
    const huffman = from[this.#at]! >= 0x80;
    const length = this.#integer(from, end, 7);
    const start = this.#at;
    if (length > end - start) throw new HpackError("a string is longer than the block");
    this.#at = start + length;
    if (!huffman) {
      this.#stringMalformed = isName ? badName(from, start, this.#at) : badValue(from, start, this.#at);
      return text(from, start, this.#at);
    }
    const room = Math.ceil(length * 1.6) + 1;
    const scratch =
      this.#scratch !== undefined && this.#scratch.length >= room ? this.#scratch : this.#grow(room);
    const written = huffmanDecode(from, start, this.#at, scratch);
    this.#stringMalformed = isName ? badName(scratch, 0, written) : badValue(scratch, 0, written);
    return text(scratch, 0, written);
  }

  #grow(room: number): Buffer {
    const scratch = Buffer.allocUnsafeSlow(Math.max(256, room));
    // A large one is not kept: a thousand idle connections must not hold what one long header needed.
    if (scratch.length <= 1024) this.#scratch = scratch;
    return scratch;
  }
}

function text(from: Buffer, start: number, end: number): string {
  const length = end - start;
  return length > SHORT_TEXT ? from.latin1Slice(start, end) : shortText(from, start, length);
}

function badName(from: Buffer, start: number, end: number): boolean {
  if (start === end) return true;
  for (let at = start; at < end; at++) {
    const c = from[at]!;
    if (c <= 0x20 || c >= 0x7f || (c >= 0x41 && c <= 0x5a) || (c === 0x3a && at > start)) return true;
  }
  return false;
}

function badValue(from: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const c = from[at]!;
    if (c < 0x20 && (c === 0 || c === 0x0a || c === 0x0d)) return true;
  }
  if (start === end) return false;
  const first = from[start]!;
  const last = from[end - 1]!;
  return first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09;
}
