export interface Part {
  readonly orderId: string;
  readonly quantity: number;
  /** Of one piece. */
  readonly pence: number;
}

/** What is given back for each order, by order id: always in the same order, so that two never deadlock. */
export function penceByOrder(parts: readonly Part[]): { orderId: string; pence: number }[] {
  const sums = new Map<string, number>();
  for (const { orderId, quantity, pence } of parts)
    sums.set(orderId, (sums.get(orderId) ?? 0) + quantity * pence);
  return [...sums]
    .map(([orderId, pence]) => ({ orderId, pence }))
    .toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
}
