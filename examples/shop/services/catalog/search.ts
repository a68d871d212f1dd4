import type { Handler } from "kerf";
import { present } from "../../shapes/row.ts";
import { catalog } from "./contract.ts";
import type { wants } from "./needs.ts";
import { wordsOf } from "./words.ts";

export interface ProductRow {
  code: string;
  name: string;
  description: string;
  offerId: string | null;
  pence: number | null;
}

/** A product as the contract has it. */
export function productOf({ offerId, pence, ...article }: ProductRow) {
  return { ...article, ...present({ offer: offerId === null ? null : { offerId, pence: pence! } }) };
}

export const search: Handler<typeof catalog.search, typeof wants> = async (input, { sql }) => {
  const { page, pageSize } = input;
  const skip = (page - 1) * pageSize;
  const words = wordsOf(input.search);
  const nothing = { products: [], page, pageSize, total: 0 };
  if (words.length === 0 && input.search.trim() !== "") return nothing;
  const everything = words.length === 0;
  const query = sql.fragment`search_query(${words}::text[])`;
  const matching = everything ? sql.fragment`true` : sql.fragment`a.words @@ ${query}`;
  // A code typed in full comes first; then by rank, in which the length of a text counts a little.
  const order = everything
    ? sql.fragment`a.name, a.code`
    : sql.fragment`a.code = ${input.search.trim()} desc, ts_rank_cd(a.words, ${query}, 1) desc, a.name, a.code`;
  const [[count], rows] = await Promise.all([
    sql<{ total: number }>`select count(*) as total from article a where ${matching}`,
    sql<ProductRow>`
      select p.code, p.name, p.description, o.offer_id as "offerId", o.pence
        from (select a.code, a.name, a.description, row_number() over (order by ${order}) as place
                from article a where ${matching}
               order by place limit ${pageSize} offset ${skip}) p
        left join lateral (select offer_id, pence from offer
                            where article = p.code order by number desc limit 1) o on true
       order by p.place`,
  ]);
  return { products: rows.map(productOf), page, pageSize, total: count!.total };
};
