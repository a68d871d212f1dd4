import { on, saga, service } from "kerf";
import { z } from "zod";
import { till } from "../till/contract.ts";
import { stats } from "./contract.ts";

const watcher = saga("watcher", {
  version: 1,
  input: z.object({ sku: z.string() }),
  uses: [stats],
  waits: [{ event: till.sold, correlate: "sku" }],
  async run({ sku }, { step, waitFor, sleep }) {
    const first = await waitFor("first", till.sold, { within: "1h" });
    await sleep("a while", "6s");
    const second = await waitFor("second", till.sold, { within: "1h" });
    await step("watched", stats.watched, { sku, n: first!.n * 100 + second!.n }, { final: true });
  },
});

export default service(
  stats,
  { database: { migrations: new URL("../../../migrations/stats/", import.meta.url) } },
  {
    handle: {
      async remark({ sku, text }, { sql }) {
        await sql`insert into remark values (${sku}, ${text}, 'old')`;
        return {};
      },
      async watch({ sku }, { start }) {
        start(watcher, { sku }, { id: sku });
        return {};
      },
      async watched({ sku, n }, { sql }) {
        await sql`insert into watched values (${sku}, ${n}, 'old')`;
        return {};
      },
    },
    react: [
      on(till.sold, async ({ sku, n }, { sql }) => {
        await sql`insert into line (sku, n, by) values (${sku}, ${n}, 'old')`;
      }),
    ],
    sagas: [watcher],
  },
);
