import type { Claims, Handler, Sql, SqlFragment } from "kerf";
import { isStaff } from "../../shapes/access.ts";
import type { Address } from "../../shapes/address.ts";
import { missing } from "../../shapes/missing.ts";
import { pageOf } from "../../shapes/page.ts";
import { present } from "../../shapes/row.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";
import type { Reason } from "./reason.ts";
import { waitUntil } from "./wait.ts";

type Query<M> = Handler<M, typeof wants>;

interface SummaryRow {
  orderId: string;
  number: number;
  reference: string | null;
  customerId: string | null;
  customerName: string;
  state: "pending" | "confirmed" | "refused";
  reason: Reason | null;
  totalPence: number;
  placedAt: string;
}

interface LineRow {
  line: number;
  offerId: string;
  article: string;
  name: string;
  quantity: number;
  pence: number;
  returned: number;
}

/** Whether somebody may see what belongs to this customer. A guest's belongs to whoever knows its id. */
export function maySee(customerId: string | null, { via, actor }: Pick<Claims, "via" | "actor">): boolean {
  return via !== "gateway" || customerId === null || actor?.id === customerId || isStaff({ actor });
}

export const get: Query<typeof orders.get> = async ({ orderId, waitMs }, context) => {
  const { call, signal, sql } = context;
  await waitUntil(() => call(orders.stateOf, { orderId }), waitMs, signal);
  return orderOf(sql, orderId, context);
};

// #region watch
export const watch: Query<typeof orders.watch> = async function* ({ orderId }, context) {
  const { read, changes } = context;
  for await (const _ of changes(orderId)) {
    const order = await read((sql) => orderOf(sql, orderId, context));
    yield order;
    if (order.state !== "pending") return;
  }
};
// #endregion

async function orderOf(sql: Sql, orderId: string, claims: Pick<Claims, "via" | "actor">) {
  const [row] = await sql<SummaryRow & { address: Address; lines: LineRow[] }>`
    select ${summary(sql)}, o.address,
           (select json_agg(json_build_object('line', line, 'offerId', offer_id, 'article', article, 'name', name,
                     'quantity', quantity, 'pence', pence, 'returned', returned) order by line)
              from order_line l where l.order_id = o.order_id) as lines
      from orders o left join customer_name n on n.user_id = o.customer_id
     where o.order_id = ${orderId}`;
  if (!row || !maySee(row.customerId, claims)) throw missing("order", orderId);
  return present(row);
}

/** The columns of a summary, of `orders o` and `customer_name n`. */
function summary(sql: { fragment(strings: TemplateStringsArray): SqlFragment }): SqlFragment {
  return sql.fragment`
    o.order_id as "orderId", o.number, o.reference, o.customer_id as "customerId",
    coalesce(n.name, o.address ->> 'name') as "customerName", o.state, o.reason,
    o.total_pence as "totalPence", o.placed_at as "placedAt"`;
}

export const stateOf: Query<typeof orders.stateOf> = async ({ orderId, returnId }, { sql }) => {
  const [row] = await sql<{ ended: boolean }>`
    select state <> 'pending' as ended from orders where order_id = ${orderId ?? null}
    union all
    select state = 'completed' from return where return_id = ${returnId ?? null}`;
  return { ended: row?.ended };
};

export const list: Query<typeof orders.list> = async (input, { sql, actor, via }) => {
  const { reference, newestFirst, after, limit } = input;
  const everybody = input.customerId === undefined && (via !== "gateway" || isStaff({ actor }));
  const customerId = everybody ? undefined : (input.customerId ?? actor!.id);
  const rows = await sql<SummaryRow>`
    select ${summary(sql)}
      from orders o left join customer_name n on n.user_id = o.customer_id
     where ${customerId === undefined ? sql.fragment`true` : sql.fragment`o.customer_id = ${customerId}`}
       and ${reference === undefined ? sql.fragment`true` : sql.fragment`o.reference = ${reference}`}
       and ${beyond(sql, after, newestFirst)}
     order by ${newestFirst ? sql.fragment`o.number desc` : sql.fragment`o.number`}
     limit ${limit + 1}`;
  const { rows: page, next } = pageOf(rows, limit, (row) => row.number);
  return { orders: page.map(present), next };
};

/** Rows of `o` on the far side of `after`. */
export function beyond(
  sql: { fragment(strings: TemplateStringsArray, ...values: unknown[]): SqlFragment },
  after: number | undefined,
  newestFirst: boolean,
): SqlFragment {
  if (after === undefined) return sql.fragment`true`;
  return newestFirst ? sql.fragment`o.number < ${after}` : sql.fragment`o.number > ${after}`;
}

type DecisionRow = Omit<SummaryRow, "customerName" | "placedAt">;

export const decisions: Query<typeof orders.decisions> = async ({ after = 0, limit }, { sql }) => {
  const rows = await sql<DecisionRow>`
    select order_id as "orderId", number, reference, customer_id as "customerId", state, reason,
           total_pence as "totalPence"
      from orders where number > ${after} order by number limit ${limit + 1}`;
  const { rows: page, next } = pageOf(rows, limit, (row) => row.number);
  return { decisions: page.map(present), next };
};
