import { service } from "kerf";
import { catalogV1 } from "./catalog/contract.ts";

/** The service as it was when there was one version: the same database, nothing known of the next. */
export default service(
  catalogV1,
  { database: { migrations: new URL("./catalog/migrations/", import.meta.url) } },
  {
    handle: {
      async product({ sku }, { sql, fail }) {
        const [found] = await sql`select title, amount from items where sku = ${sku}`;
        if (!found) throw fail("NoSuchProduct", { sku });
        return { sku, name: found["title"], pence: found["amount"] };
      },
      async add({ sku, name, pence }, { sql, emit, fail }) {
        const [before] = await sql`select 1 from items where sku = ${sku}`;
        if (before) throw fail("Exists", { sku });
        await sql`insert into items values (${sku}, ${name}, ${pence}, 'GBP')`;
        emit(catalogV1.added, { sku, pence });
        return { sku };
      },
      async *prices({ sku }, { read, fail }) {
        const [found] = await read((sql) => sql`select amount from items where sku = ${sku}`);
        if (!found) throw fail("NoSuchProduct", { sku });
        yield { pence: found["amount"] };
      },
      async count(_input, { sql }) {
        const [found] = await sql`select count(*)::int as products from items`;
        return { products: found!["products"] };
      },
    },
  },
);
