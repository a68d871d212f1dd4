import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./ask.ts";
import type { Cart } from "./shop.ts";

const KEPT = "shop:cart";
const PATIENCE_MS = 30_000;

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
  // One that is being ordered takes nothing more, and may be an order by now.
  const current = cart?.state === "open" ? cart : await refresh();
  const { cartId } = current ?? (await ask<Cart>("/carts", { method: "POST", body: {} }));
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
export async function checkOut(): Promise<{ orderId: string } | { problem: string }> {
  const { cartId } = cart!;
  try {
    await ask<Cart>(`/carts/${cartId}/checkout`, { method: "POST", body: {} });
  } catch (error) {
    // It is being ordered already: from another tab, or before this page was loaded anew.
    if (!(error instanceof Problem && error.code === "CartClosed")) throw error;
  }
  const until = Date.now() + PATIENCE_MS;
  for (let pauseMs = 50; Date.now() < until; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const found = await ask<Cart>(`/carts/${cartId}`);
    if (found.orderId !== undefined) {
      know(undefined);
      return { orderId: found.orderId };
    }
    if (found.state === "open") {
      know(found);
      return { problem: "It could not be ordered. Look at your cart, and try again." };
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return { problem: "It takes longer than usual. You will find it under your orders." };
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
