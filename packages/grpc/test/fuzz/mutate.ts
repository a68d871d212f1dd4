import { frame } from "../raw-peer.ts";
import type { Random } from "./random.ts";

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x3f, 0x40, 0x20, 0x1f, 0x0f];

/** Cuts a recorded byte stream into its frames. */
export function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function changeBytes(random: Random, bytes: Buffer, from: number): Buffer {
  const changed = Buffer.from(bytes);
  for (let n = 1 + random.below(4); n > 0 && changed.length > from; n--) {
    const at = from + random.below(changed.length - from);
    const how = random.below(3);
    changed[at] =
      how === 0
        ? random.below(256)
        : how === 1
          ? changed[at]! ^ (1 << random.below(8))
          : random.pick(INTERESTING);
  }
  return changed;
}

/** The frame with other payload bytes: header blocks and messages that are nearly right. */
const payload = (random: Random, one: Buffer): Buffer => changeBytes(random, one, Math.min(9, one.length));
/** Other type, flags, stream or length. */
const head = (random: Random, one: Buffer): Buffer => {
  const changed = changeBytes(random, one.subarray(0, 9), 0);
  return Buffer.concat([changed, one.subarray(9)]);
};
/** A payload that is shorter or longer, with the length that is right for it. */
const resize = (random: Random, one: Buffer): Buffer => {
  const size = random.below(Math.max(1, (one.length - 9) * 2 + 2));
  const body = Buffer.alloc(size);
  one.copy(body, 0, 9, Math.min(one.length, 9 + size));
  return frame(one[3]!, one[4]!, one.readUInt32BE(5) & 0x7fff_ffff, body);
};
/** A frame of any type on a stream that may exist, with random bytes. */
const invent = (random: Random): Buffer => {
  const body = Buffer.alloc(random.pick([0, 1, 4, 5, 6, 8, 9, 40]));
  for (let at = 0; at < body.length; at++) body[at] = random.below(256);
  return frame(random.below(11), random.below(256), random.pick([0, 1, 2, 3, 5, 7, 9, 11, 13, 99]), body);
};
const truncate = (random: Random, one: Buffer): Buffer => one.subarray(0, random.below(one.length + 1));
const twice = (_: Random, one: Buffer): Buffer => Buffer.concat([one, one]);

const MUTATIONS = [
  payload,
  payload,
  payload,
  head,
  resize,
  truncate,
  twice,
  (random: Random, one: Buffer) => Buffer.concat([one, invent(random)]),
];

/** The frames with `count` of them changed, as one byte stream. */
export function mutate(random: Random, frames: readonly Buffer[], count: number): Buffer {
  const list = [...frames];
  for (let n = 0; n < count; n++) {
    const at = random.below(list.length);
    // One that was truncated is no frame any more.
    if (list[at]!.length < 9) continue;
    list[at] = random.pick(MUTATIONS)(random, list[at]!);
  }
  if (random.below(8) === 0) {
    const [a, b] = [random.below(list.length), random.below(list.length)];
    [list[a], list[b]] = [list[b]!, list[a]!];
  }
  return Buffer.concat(list);
}

/** Feeds bytes in pieces of random size. */
export function cut(random: Random, bytes: Buffer, feed: (piece: Buffer) => void): void {
  for (let at = 0; at < bytes.length;) {
    const size = random.below(3) === 0 ? 1 + random.below(40) : bytes.length - at;
    feed(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
}
