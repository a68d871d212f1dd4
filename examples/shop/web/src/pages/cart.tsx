import { useEffect, useState } from "preact/hooks";
import { Picture } from "../art/picture.tsx";
import { change, refresh, useCart } from "../cart.ts";
import { price } from "../money.ts";
import { Notice } from "../parts/notice.tsx";
import type { CartLine } from "../shop.ts";
import { useTitle } from "../title.ts";

export function CartPage() {
  useTitle("Cart");
  const cart = useCart();
  useEffect(() => void refresh(), []);
  if (!cart || cart.lines.length === 0)
    return (
      <Notice title="Your cart is empty">
        <a href="/">Find something</a>
      </Notice>
    );
  return (
    <>
      <h1>Your cart</h1>
      <ul class="lines">
        {cart.lines.map((line) => (
          <Line key={line.line} line={line} />
        ))}
      </ul>
      <p class="total">
        <span>Total</span>
        <strong>{price(cart.totalPence)}</strong>
      </p>
      <p class="end">
        <a class="button primary" href="/check-out">
          Check out
        </a>
      </p>
    </>
  );
}

function Line({ line: { line, article, name, quantity, pence } }: { readonly line: CartLine }) {
  const [busy, setBusy] = useState(false);
  async function to(next: number): Promise<void> {
    setBusy(true);
    await change(line, next).finally(() => setBusy(false));
  }
  return (
    <li class="line">
      <Picture name={name} />
      <div class="grow">
        <a href={`/products/${article}`}>{name}</a>
        <span class="soft small">{price(pence)} each</span>
      </div>
      <div class="stepper" role="group" aria-label={`Pieces of ${name}`}>
        <button disabled={busy} aria-label="One less" onClick={() => void to(quantity - 1)}>
          −
        </button>
        <output>{quantity}</output>
        <button
          disabled={busy || quantity >= 999}
          aria-label="One more"
          onClick={() => void to(quantity + 1)}
        >
          +
        </button>
      </div>
      <strong class="sum">{price(pence * quantity)}</strong>
      <button class="quiet" disabled={busy} aria-label={`Take ${name} out`} onClick={() => void to(0)}>
        ✕
      </button>
    </li>
  );
}
