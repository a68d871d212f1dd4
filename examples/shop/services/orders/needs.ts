import { needs } from "kerf";
import { catalog } from "../catalog/contract.ts";
import { users } from "../users/contract.ts";
import { orders } from "./contract.ts";

export const wants = needs({
  database: { migrations: new URL("./migrations/", import.meta.url) },
  // Itself too: waiting asks again and again, each time in a transaction of its own.
  uses: [catalog, users, orders],
});
