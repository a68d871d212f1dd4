export interface ReturnableLine {
  readonly orderId: string;
  readonly line: number;
  /** Pieces of it that were not taken back yet. */
  readonly left: number;
  /** Of one piece. */
  readonly pence: number;
}

export interface Part {
  readonly orderId: string;
  readonly line: number;
  readonly quantity: number;
  readonly pence: number;
}

/** Takes so many pieces from the lines, in their order; undefined where they have fewer left: all or nothing. */
export function takeBack(lines: readonly ReturnableLine[], quantity: number): Part[] | undefined {
  const parts: Part[] = [];
  let wanted = quantity;
  for (const { orderId, line, left, pence } of lines) {
    const taken = Math.min(left, wanted);
    if (taken > 0) parts.push({ orderId, line, quantity: taken, pence });
    wanted -= taken;
    if (wanted === 0) return parts;
  }
  return undefined;
}
