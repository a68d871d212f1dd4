import { optional, StatusError, type Handler } from "kerf";
import { notifications } from "../notifications/contract.ts";
import { orders } from "../orders/contract.ts";
import { users } from "../users/contract.ts";
import type { storefront } from "./contract.ts";
import type { wants } from "./needs.ts";
import { stateOf } from "./state.ts";

/** How much of each list the page shows. */
const limit = 10;
/** How long the page waits for each of its parts. */
const within = "800ms";

export const accountPage: Handler<typeof storefront.accountPage, typeof wants> = async (
  _input,
  { actor, call, gather },
) => {
  if (!actor) throw new StatusError("UNAUTHENTICATED", "sign in to see an account");
  const customerId = actor.id;
  const newest = { customerId, newestFirst: true, limit };
  const { user, ordered, returned, mailed } = await gather({
    user: optional((limits) => call(users.get, { userId: customerId }, limits), { within }),
    ordered: optional((limits) => call(orders.list, newest, limits), { within }),
    returned: optional((limits) => call(orders.returns, newest, limits), { within }),
    mailed: optional((limits) => call(notifications.mailsOf, { customerId, limit }, limits), { within }),
  });
  return {
    customerId,
    name: user.ok ? user.value.name : undefined,
    orders: ordered.ok ? ordered.value.orders : [],
    returns: returned.ok ? returned.value.returns : [],
    mails: mailed.ok ? mailed.value.mails : [],
    parts: {
      user: stateOf(user),
      orders: stateOf(ordered),
      returns: stateOf(returned),
      mails: stateOf(mailed),
    },
  };
};
