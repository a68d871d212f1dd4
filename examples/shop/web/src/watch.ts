import { order, type Order } from "./shop.ts";

const EVERY_MS = 300;

/** Tells each change of an order until it has come to an end, or `signal` aborts. */
export async function watchOrder(
  orderId: string,
  tell: (order: Order) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const found = await order(orderId, signal);
    tell(found);
    if (found.state !== "pending") return;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    signal.throwIfAborted();
  }
}
