import type { Handler } from "kerf";
import { inventory } from "./contract.ts";
import type { wants } from "./needs.ts";

export const setOpening: Handler<typeof inventory.setOpening, typeof wants> = async (
  { items },
  { sql, fail },
) => {
  // The last of a code counts.
  const byArticle = new Map(items.map((item) => [item.article, item.quantity]));
  const articles = [...byArticle.keys()].toSorted();
  const quantities = articles.map((article) => byArticle.get(article)!);
  const given = sql.fragment`unnest(${articles}::text[], ${quantities}::bigint[]) as given (code, quantity)`;
  await sql`
    insert into stock (article, opening, available) select code, 0, 0 from ${given}
    on conflict (article) do nothing`;
  const stock = await sql<{ article: string; opening: number; available: number }>`
    select article, opening, available from stock
     where article = any(${articles}::text[]) order by article for update`;
  for (const { article, opening, available } of stock) {
    if (available + byArticle.get(article)! - opening < 0) throw fail("AlreadySold", { article, available });
  }
  await sql`
    update stock set opening = quantity, available = available + quantity - opening
      from ${given} where article = code and opening <> quantity`;
  return { articles: articles.length };
};
