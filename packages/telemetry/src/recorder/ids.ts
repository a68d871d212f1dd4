import { randomFillSync } from "node:crypto";

// Random bytes cost a system call, and writing them as text a call into C++: both are done for many ids at once.
const pool = Buffer.allocUnsafe(8 * 512);
let digits = "";
let next = 0;

/** 16 hexadecimal digits. */
export function spanId(): string {
  if (next === digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  return digits.slice(next, (next += 16));
}

/** The length of a W3C trace context, `00-<32>-<16>-<2>`. */
export const contextLength = 55;

const [ZERO, ONE] = [48, 49];
const contextsAtOnce = 128;
const idBytes = 16 + 8;
/** Of each byte its two hexadecimal digits, as two characters in one number. */
const digitsOf = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, "0")).readUInt16BE(),
);

/**
 * Makes contexts of traces that begin here, each with what `chooses` says of the last 32 bits of its trace id. They are made many
 * at once, as one text: to take a piece of it is cheaper than to put together each of them when it is asked for.
 */
export function contextMaker(chooses: (random: number) => boolean): () => string {
  const bytes = Buffer.allocUnsafe(idBytes * contextsAtOnce);
  const characters = Buffer.from(`00-${"0".repeat(32)}-${"0".repeat(16)}-00`.repeat(contextsAtOnce));
  const view = new DataView(characters.buffer, characters.byteOffset, characters.length);
  let text = "";
  let at = 0;

  function make(): string {
    randomFillSync(bytes);
    let from = 0;
    for (let to = 0; to < characters.length; to += contextLength) {
      for (let i = 0; i < 16; i++) view.setUint16(to + 3 + 2 * i, digitsOf[bytes[from++]!]!);
      characters[to + contextLength - 1] = chooses(bytes.readUInt32BE(from - 4)) ? ONE : ZERO;
      for (let i = 0; i < 8; i++) view.setUint16(to + 36 + 2 * i, digitsOf[bytes[from++]!]!);
    }
    return characters.toString("latin1");
  }

  return () => {
    if (at === text.length) {
      text = make();
      at = 0;
    }
    return text.slice(at, (at += contextLength));
  };
}
