import { useEffect, useState } from "preact/hooks";
import { Picture } from "../art/picture.tsx";
import { price, when } from "../money.ts";
import { Failure } from "../parts/notice.tsx";
import { StateLabel, textOfReason } from "../parts/state.tsx";
import { usePerson } from "../session.ts";
import type { Order } from "../shop.ts";
import { useTitle } from "../title.ts";
import { watchOrder } from "../watch.ts";

export function OrderPage({ orderId }: { readonly orderId: string }) {
  const person = usePerson();
  const [order, setOrder] = useState<Order>();
  const [error, setError] = useState<Error>();
  useTitle(order ? `Order ${order.number}` : "Order");
  useEffect(() => {
    if (person === undefined) return;
    const over = new AbortController();
    setError(undefined);
    watchOrder(orderId, setOrder, over.signal).catch(
      (failed: Error) => over.signal.aborted || setError(failed),
    );
    return () => over.abort();
  }, [orderId, person === undefined, person?.id]);
  if (error) return <Failure error={error} />;
  if (!order) return <p class="soft">Looking…</p>;
  return (
    <>
      <h1>Order {order.number}</h1>
      <Progress order={order} />
      <ul class="lines">
        {order.lines.map(({ line, article, name, quantity, pence }) => (
          <li class="line" key={line}>
            <Picture name={name} />
            <div class="grow">
              <a href={`/products/${article}`}>{name}</a>
              <span class="soft small">
                {quantity} × {price(pence)}
              </span>
            </div>
            <strong class="sum">{price(quantity * pence)}</strong>
          </li>
        ))}
      </ul>
      <p class="total">
        <span>Total</span>
        <strong>{price(order.totalPence)}</strong>
      </p>
      <section class="panel">
        <h2>It goes to</h2>
        <address>
          {[order.address.name, ...order.address.lines, order.address.country].map((line) => (
            <span key={line}>{line}</span>
          ))}
        </address>
      </section>
    </>
  );
}

const aboutWork: Record<Order["state"], string> = {
  pending: "We are reserving it, and asking the bank.",
  confirmed: "It is reserved and paid.",
  refused: "",
  unknown: "",
};

/** How far it is; changes by itself, and is read out when it does. */
function Progress({ order: { state, reason, placedAt } }: { readonly order: Order }) {
  const steps = [
    { name: "Placed", about: when(placedAt), done: true },
    {
      name: "Stock and payment",
      about: aboutWork[state],
      done: state !== "pending",
    },
    state === "refused"
      ? { name: "Refused", about: textOfReason(reason), done: true }
      : {
          name: "Confirmed",
          about: state === "confirmed" ? "It is on its way." : "",
          done: state === "confirmed",
        },
  ];
  return (
    <section class="panel progress" data-state={state}>
      <p role="status">
        <StateLabel state={state} />
      </p>
      <ol>
        {steps.map(({ name, about, done }) => (
          <li key={name} class={done ? "done" : "open"}>
            <b>{name}</b>
            <span class="soft small">{about}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
