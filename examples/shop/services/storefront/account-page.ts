import { StatusError, type Handler } from "kerf";
import { notifications } from "../notifications/contract.ts";
import { orders } from "../orders/contract.ts";
import { users } from "../users/contract.ts";
import type { storefront } from "./contract.ts";
import type { wants } from "./needs.ts";
import { part, partTimeoutMs as timeoutMs } from "./part.ts";

/** How much of each list the page shows. */
const limit = 10;

export const accountPage: Handler<typeof storefront.accountPage, typeof wants> = async (
  _input,
  { actor, call },
) => {
  if (!actor) throw new StatusError("UNAUTHENTICATED", "sign in to see an account");
  const customerId = actor.id;
  const newest = { customerId, newestFirst: true, limit };
  const [user, ordered, returned, mailed] = await Promise.all([
    part(call(users.get, { userId: customerId }, { timeoutMs })),
    part(call(orders.list, newest, { timeoutMs })),
    part(call(orders.returns, newest, { timeoutMs })),
    part(call(notifications.mailsOf, { customerId, limit }, { timeoutMs })),
  ]);
  return {
    customerId,
    name: user.value?.name,
    orders: ordered.value?.orders ?? [],
    returns: returned.value?.returns ?? [],
    mails: mailed.value?.mails ?? [],
    parts: { user: user.state, orders: ordered.state, returns: returned.state, mails: mailed.state },
  };
};
