import { needs } from "kerf";
import { catalog } from "../catalog/contract.ts";

export const wants = needs({
  database: { migrations: new URL("./migrations/", import.meta.url) },
  uses: [catalog],
});
