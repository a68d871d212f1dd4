import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { service } from "kerf";
import { z } from "zod";
import { catalog } from "./contract.ts";

/** The service as one of two builds has it. What the file of its setting says is wrong with it, is. */
export function catalogOf(build: "old" | "new") {
  const settings = z.object({ fault: z.string() });
  async function suffer(file: string): Promise<string> {
    const fault = build === "new" ? readFileSync(file, "utf8") : "";
    if (fault === "slow") await sleep(150);
    if (fault === "fail") throw new Error("the new build is broken");
    return fault;
  }
  return service(
    catalog,
    { settings, database: { migrations: new URL("./migrations/", import.meta.url) } },
    {
      handle: {
        async item({ sku }, { settings: { fault: file } }) {
          const fault = await suffer(file);
          return { sku, title: fault === "different" ? "Lantern" : "Lamp", by: build };
        },
        async add({ sku }, { sql, settings: { fault: file } }) {
          await sql`insert into items (sku) values (${sku}) on conflict (sku) do update set additions = items.additions + 1`;
          await suffer(file);
          return { by: build };
        },
      },
    },
  );
}
