import { needs } from "kerf";
import { catalog } from "../catalog/contract.ts";
import { inventory } from "../inventory/contract.ts";
import { notifications } from "../notifications/contract.ts";
import { orders } from "../orders/contract.ts";
import { recommendations } from "../recommendations/contract.ts";
import { users } from "../users/contract.ts";

export const wants = needs({ uses: [catalog, inventory, notifications, orders, recommendations, users] });
