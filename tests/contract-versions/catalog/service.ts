import { service } from "kerf";
import { fromV1 } from "./adapter.ts";
import { catalog } from "./contract.ts";

// #region service
export default service(
  catalog,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    older: [fromV1],
    handle: {
      async item({ sku }, { sql, fail }) {
        const [found] = await sql`select title, amount, currency from items where sku = ${sku}`;
        if (!found) throw fail("NoSuchItem", { sku });
        return {
          sku,
          title: found["title"],
          price: { amount: found["amount"], currency: found["currency"] },
        };
      },
      async add({ sku, title, price }, { sql, emit, fail }) {
        if (title === "forbidden") throw fail("Forbidden", { why: "its title" });
        const [before] = await sql`select title from items where sku = ${sku}`;
        if (before) throw fail("Exists", { sku, title: before["title"] });
        await sql`insert into items values (${sku}, ${title}, ${price.amount}, ${price.currency})`;
        emit(catalog.added, { sku, price });
        return { sku };
      },
      async *prices({ sku }, { read, fail }) {
        const [found] = await read((sql) => sql`select amount, currency from items where sku = ${sku}`);
        if (!found) throw fail("NoSuchItem", { sku });
        const price = { amount: found["amount"], currency: found["currency"] };
        // The shop's own, and that of the sale that comes after.
        yield { price };
        yield { price: { ...price, amount: price.amount - 1 } };
      },
      async count(_input, { sql }) {
        const [found] = await sql`select count(*)::int as products from items`;
        return { products: found!["products"] };
      },
    },
  },
);
// #endregion
