import { HpackError } from "./hpack-error.ts";

// RFC 7541, appendix B. The code is canonical: symbols of one length are numbered in order, so that the 257 lengths
// (the last is EOS) say everything. Written as runs: [length, how many symbols].
const LENGTH_RUNS: readonly (readonly [bits: number, symbols: number])[] = [
  // prettier-ignore
  [13, 1],
  [23, 1],
  [28, 7],
  [24, 1],
  [30, 1],
  [28, 2],
  [30, 1],
  [28, 8],
  [30, 1],
  [28, 9],
  [6, 1],
  [10, 2],
  [12, 1],
  [13, 1],
  [6, 1],
  [8, 1],
  [11, 1],
  [10, 2],
  [8, 1],
  [11, 1],
  [8, 1],
  [6, 3],
  [5, 3],
  [6, 7],
  [7, 1],
  [8, 1],
  [15, 1],
  [6, 1],
  [12, 1],
  [10, 1],
  [13, 1],
  [6, 1],
  [7, 22],
  [8, 1],
  [7, 1],
  [8, 1],
  [13, 1],
  [19, 1],
  [13, 1],
  [14, 1],
  [6, 1],
  [15, 1],
  [5, 1],
  [6, 1],
  [5, 1],
  [6, 1],
  [5, 1],
  [6, 3],
  [5, 1],
  [7, 2],
  [6, 3],
  [5, 1],
  [6, 1],
  [7, 1],
  [6, 1],
  [5, 2],
  [6, 1],
  [7, 5],
  [15, 1],
  [11, 1],
  [14, 1],
  [13, 1],
  [28, 1],
  [20, 1],
  [22, 1],
  [20, 2],
  [22, 3],
  [23, 1],
  [22, 1],
  [23, 5],
  [24, 1],
  [23, 1],
  [24, 2],
  [22, 1],
  [23, 1],
  [24, 1],
  [23, 4],
  [21, 1],
  [22, 1],
  [23, 1],
  [22, 1],
  [23, 2],
  [24, 1],
  [22, 1],
  [21, 1],
  [20, 1],
  [22, 2],
  [23, 2],
  [21, 1],
  [23, 1],
  [22, 2],
  [24, 1],
  [21, 1],
  [22, 1],
  [23, 2],
  [21, 2],
  [22, 1],
  [21, 1],
  [23, 1],
  [22, 1],
  [23, 2],
  [20, 1],
  [22, 3],
  [23, 1],
  [22, 2],
  [23, 1],
  [26, 2],
  [20, 1],
  [19, 1],
  [22, 1],
  [23, 1],
  [22, 1],
  [25, 1],
  [26, 3],
  [27, 2],
  [26, 1],
  [24, 1],
  [25, 1],
  [19, 1],
  [21, 1],
  [26, 1],
  [27, 2],
  [26, 1],
  [27, 1],
  [24, 1],
  [21, 2],
  [26, 2],
  [28, 1],
  [27, 3],
  [20, 1],
  [24, 1],
  [20, 1],
  [21, 1],
  [22, 1],
  [21, 2],
  [23, 1],
  [22, 2],
  [25, 2],
  [24, 2],
  [26, 1],
  [23, 1],
  [26, 1],
  [27, 1],
  [26, 2],
  [27, 5],
  [28, 1],
  [27, 5],
  [26, 1],
  [30, 1],
];

const EOS = 256;

function symbolLengths(): Uint8Array {
  const lengths = new Uint8Array(EOS + 1);
  let symbol = 0;
  for (const [bits, symbols] of LENGTH_RUNS) for (let i = 0; i < symbols; i++) lengths[symbol++] = bits;
  return lengths;
}

// A state is a place inside the code tree. Every step takes four bits and yields at most one symbol, because no code
// is shorter than five. A transition packs: next state (bits 16 and up), "yields" (bit 8), symbol (bits 0 to 7).
const YIELDS = 0x100;
const FAIL = -1;

interface Node {
  readonly zeroOne: [Node | number | undefined, Node | number | undefined];
  state: number;
  /** True where the bits since the last symbol are a legal padding: fewer than eight, all ones. */
  padding: boolean;
}

function newNode(): Node {
  return { zeroOne: [undefined, undefined], state: 0, padding: false };
}

function buildTree(): Node {
  const lengths = symbolLengths();
  const order = Array.from(lengths.keys()).toSorted((a, b) => lengths[a]! - lengths[b]! || a - b);
  const root = newNode();
  let code = 0;
  let bits = lengths[order[0]!]!;
  order.forEach((symbol, at) => {
    const length = lengths[symbol]!;
    if (at > 0) code = (code + 1) * 2 ** (length - bits);
    bits = length;
    let node = root;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = Math.floor(code / 2 ** bit) % 2 === 1 ? 1 : 0;
      node = (node.zeroOne[side] ??= newNode()) as Node;
    }
    node.zeroOne[code % 2 === 1 ? 1 : 0] = symbol;
  });
  return root;
}

function buildMachine(): { transitions: Int32Array; padding: Uint8Array } {
  const root = buildTree();
  const nodes: Node[] = [root];
  for (const node of nodes) {
    for (const next of node.zeroOne) {
      if (typeof next === "object") {
        next.state = nodes.length;
        nodes.push(next);
      }
    }
  }
  for (
    let node: Node | number | undefined = root, depth = 0;
    typeof node === "object" && depth < 8;
    depth++
  ) {
    node.padding = true;
    node = node.zeroOne[1];
  }
  const transitions = new Int32Array(nodes.length * 16);
  for (const node of nodes)
    for (let nibble = 0; nibble < 16; nibble++)
      transitions[node.state * 16 + nibble] = step(root, node, nibble);
  return { transitions, padding: Uint8Array.from(nodes, (node) => (node.padding ? 1 : 0)) };
}

function step(root: Node, from: Node, nibble: number): number {
  let node = from;
  let yielded = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = node.zeroOne[(nibble >> bit) & 1 ? 1 : 0];
    if (next === undefined || next === EOS) return FAIL;
    if (typeof next === "number") {
      yielded = YIELDS | next;
      node = root;
    } else node = next;
  }
  return (node.state << 16) | yielded;
}

const { transitions, padding } = buildMachine();

/**
 * Decodes the Huffman bytes `from[start..end)` into `into` and returns how many bytes it wrote. `into` must have room
 * for 1.6 times the input. Throws HpackError on EOS, on a padding that is longer than seven bits or not all ones.
 */
export function huffmanDecode(from: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let state = 0;
  let written = 0;
  for (let at = start; at < end; at++) {
    const byte = from[at]!;
    const high = transitions[(state << 4) | (byte >> 4)]!;
    if (high < 0) throw new HpackError("Huffman string holds EOS");
    if ((high & YIELDS) !== 0) into[written++] = high & 0xff;
    const low = transitions[((high >> 16) << 4) | (byte & 15)]!;
    if (low < 0) throw new HpackError("Huffman string holds EOS");
    if ((low & YIELDS) !== 0) into[written++] = low & 0xff;
    state = low >> 16;
  }
  if (padding[state] === 0) throw new HpackError("Huffman string ends in a wrong padding");
  return written;
}
