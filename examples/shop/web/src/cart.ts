import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./ask.ts";
import type { Cart } from "./shop.ts";

const KEPT = "shop:cart";

let cart: Cart | undefined;
const listeners = new Set<() => void>();

/** The visitor's cart; undefined while there is none. It lives at the shop, and its id here. */
export function useCart(): Cart | undefined {
  const [known, setKnown] = useState(cart);
  useEffect(() => {
    const told = () => setKnown(cart);
    listeners.add(told);
    if (cart === undefined) void refresh();
    else told();
    return () => void listeners.delete(told);
  }, []);
  return known;
}

/** Looks at the cart again. One that is ordered, or is not ours any more, is let go. */
export async function refresh(): Promise<Cart | undefined> {
  const cartId = localStorage.getItem(KEPT);
  if (cartId === null) return know(undefined);
  try {
    const found = await ask<Cart>(`/carts/${encodeURIComponent(cartId)}`);
    return know(found.state === "ordered" ? undefined : found);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return know(undefined);
    throw error;
  }
}

export async function add(offerId: string, quantity: number): Promise<void> {
  const { cartId } = cart ?? (await refresh()) ?? (await ask<Cart>("/carts", { method: "POST", body: {} }));
  know(await ask<Cart>(`/carts/${cartId}/lines`, { method: "POST", body: { offerId, quantity } }));
}

export async function change(line: number, quantity: number): Promise<void> {
  const path = `/carts/${cart!.cartId}/lines/${line}`;
  know(
    await (quantity === 0
      ? ask<Cart>(path, { method: "DELETE" })
      : ask<Cart>(path, { method: "PUT", body: { quantity } })),
  );
}

/** Orders what is in the cart: gives the order's id, or why there is none. */
export async function checkOut(address: unknown): Promise<{ orderId: string } | { problem: string }> {
  const { cartId } = cart!;
  await ask<Cart>(`/carts/${cartId}/checkout`, {
    method: "POST",
    body: address === undefined ? {} : { address },
  });
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const found = await ask<Cart>(`/carts/${cartId}`);
    if (found.orderId !== undefined) {
      know(undefined);
      return { orderId: found.orderId };
    }
    if (found.state === "open") {
      know(found);
      return { problem: found.problem ?? "Failed" };
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export function forgetCart(): void {
  know(undefined);
}

function know(next: Cart | undefined): Cart | undefined {
  if (next) localStorage.setItem(KEPT, next.cartId);
  else localStorage.removeItem(KEPT);
  cart = next;
  for (const told of listeners) told();
  return cart;
}
