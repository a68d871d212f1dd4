import { Problem, problemOf, send, type ProblemBody } from "./ask.ts";
import { readEvents } from "./event-stream.ts";
import type { Order } from "./shop.ts";

/** Tells an order at once, and each change of it, until it is decided or `signal` aborts. @throws Problem */
export async function watchOrder(
  orderId: string,
  tell: (order: Order) => void,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = 2_000;
  for (;;) {
    try {
      if (await watchOnce(orderId, tell, signal, (ms) => (retryMs = ms))) return;
    } catch (error) {
      signal.throwIfAborted();
      // The shop restarts, or the line is gone: what was seen stays, and it is asked for again.
      if (error instanceof Problem && error.status !== 429 && error.status < 500) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    signal.throwIfAborted();
  }
}

/** Whether it came to its end; otherwise it was cut off. */
async function watchOnce(
  orderId: string,
  tell: (order: Order) => void,
  signal: AbortSignal,
  retry: (ms: number) => void,
): Promise<boolean> {
  const path = `/orders/${encodeURIComponent(orderId)}/watch`;
  const response = await send(path, { headers: new Headers({ accept: "text/event-stream" }), signal });
  if (!response.ok) throw await problemOf(response);
  for await (const { name, data } of readEvents(response.body!, retry)) {
    if (name === "end") return true;
    const value: unknown = JSON.parse(data);
    if (name === "problem") throw new Problem(value as ProblemBody);
    if (name === "message") tell(value as Order);
  }
  return false;
}
