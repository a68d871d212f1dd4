import { failed, on, service } from "kerf";
import { catalog, catalogV1 } from "../catalog/contract.ts";
import { shelf } from "./contract.ts";

export default service(
  shelf,
  {
    database: { migrations: new URL("./migrations/", import.meta.url) },
    uses: [catalogV1, catalog],
  },
  {
    handle: {
      async label({ sku }, { call }) {
        try {
          const { name, pence } = await call(catalogV1.product, { sku });
          const { price } = await call(catalog.item, { sku });
          return { text: `${name} ${pence} ${price.currency}` };
        } catch (error) {
          if (failed(error, catalogV1.product, "NoSuchProduct")) return { text: `no ${error.data.sku}` };
          throw error;
        }
      },
      async seen({ sku }, { sql }) {
        const rows = await sql`select version from seen where sku = ${sku} order by version`;
        return { versions: rows.map((row) => row["version"]) };
      },
      async order(wanted, { send }) {
        send(catalogV1.add, wanted, { id: `order ${wanted.sku}` });
        return {};
      },
    },
    react: [
      on(catalogV1.added, async ({ sku, pence }, { sql }) => {
        await sql`insert into seen values (${sku}, 1, ${pence})`;
      }),
      on(catalog.added, async ({ sku, price }, { sql }) => {
        await sql`insert into seen values (${sku}, 2, ${price.amount})`;
      }),
    ],
  },
);
