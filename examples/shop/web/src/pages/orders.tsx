import { useLoaded } from "../loaded.ts";
import { price, when } from "../money.ts";
import { Failure, Notice } from "../parts/notice.tsx";
import { StateLabel } from "../parts/state.tsx";
import { logIn, usePerson } from "../session.ts";
import { myOrders } from "../shop.ts";
import { useTitle } from "../title.ts";

export function OrdersPage() {
  useTitle("My orders");
  const person = usePerson();
  if (person === undefined) return null;
  if (person === null)
    return (
      <Notice title="Your orders">
        <p>Log in to see what you ordered.</p>
        <button class="primary" onClick={() => void logIn()}>
          Log in
        </button>
      </Notice>
    );
  return <List key={person.id} />;
}

function List() {
  const state = useLoaded(myOrders, []);
  if (state.kind === "failed") return <Failure error={state.error} />;
  if (state.kind === "loading") return <p class="soft">Looking…</p>;
  const { orders } = state.value;
  if (orders.length === 0)
    return (
      <Notice title="You have not ordered anything yet">
        <a href="/">Find something</a>
      </Notice>
    );
  return (
    <>
      <h1>My orders</h1>
      <ul class="lines">
        {orders.map(({ orderId, number, placedAt, state: how, totalPence }) => (
          <li class="line" key={orderId}>
            <div class="grow">
              <a href={`/orders/${orderId}`}>Order {number}</a>
              <span class="soft small">{when(placedAt)}</span>
            </div>
            <StateLabel state={how} />
            <strong class="sum">{price(totalPence)}</strong>
          </li>
        ))}
      </ul>
    </>
  );
}
