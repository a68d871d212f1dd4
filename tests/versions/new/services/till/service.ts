import { service } from "kerf";
import { stats } from "../stats/contract.ts";
import { till } from "./contract.ts";

export default service(
  till,
  { database: { migrations: new URL("../../../migrations/till/", import.meta.url) }, uses: [stats] },
  {
    handle: {
      async sell({ sku, n, note }, { sql, emit, send }) {
        await sql`insert into sale values (${sku}, ${n})`;
        emit(till.recorded, { article: sku, n, ...(note === undefined ? {} : { note }) });
        if (note === "void") emit(till.voided, { article: sku, n });
        send(stats.remark, { article: sku, text: `sold ${n}` }, { id: `${sku} ${n}`, key: sku });
        return {};
      },
    },
  },
);
