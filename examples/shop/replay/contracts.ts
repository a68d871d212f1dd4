import { catalog } from "../services/catalog/contract.ts";
import { inventory } from "../services/inventory/contract.ts";
import { notifications } from "../services/notifications/contract.ts";
import { orders } from "../services/orders/contract.ts";
import { payments } from "../services/payments/contract.ts";
import { shipping } from "../services/shipping/contract.ts";
import { users } from "../services/users/contract.ts";

export { catalog, inventory, notifications, orders, payments, shipping, users };

/** The contracts whose routes the replay uses. */
export const contracts = [catalog, inventory, notifications, orders, payments, shipping, users];
