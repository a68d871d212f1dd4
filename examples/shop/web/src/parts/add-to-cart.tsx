import { useState } from "preact/hooks";
import { add } from "../cart.ts";

interface AddToCartProps {
  readonly offerId: string;
  readonly name: string;
  readonly quantity?: number;
}

/** Says aloud what it did: who does not see the cart hears it. */
export function AddToCart({ offerId, name, quantity = 1 }: AddToCartProps) {
  const [state, setState] = useState<"idle" | "busy" | "done" | "failed">("idle");
  async function put(): Promise<void> {
    setState("busy");
    try {
      await add(offerId, quantity);
      setState("done");
    } catch {
      setState("failed");
    }
  }
  return (
    <>
      <button
        class="primary"
        disabled={state === "busy"}
        onClick={() => void put()}
        aria-label={`Add ${name} to the cart`}
      >
        {state === "done" ? "Added ✓" : "Add to cart"}
      </button>
      <span class={state === "failed" ? "bad small" : "unseen"} role="status">
        {state === "done" && `${name} is in the cart.`}
        {state === "failed" && "That did not work. Try again."}
      </span>
    </>
  );
}
