import type { Handler, SqlFragment } from "kerf";
import { isStaff } from "../../shapes/access.ts";
import { missing } from "../../shapes/missing.ts";
import { pageOf } from "../../shapes/page.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";
import { beyond, maySee } from "./queries.ts";
import type { Part } from "./take-back.ts";
import { waitUntil } from "./wait.ts";

interface ReturnRow {
  returnId: string;
  number: number;
  customerId: string;
  article: string;
  quantity: number;
  pence: number;
  state: "requested" | "completed" | "stuck";
  refunded: boolean;
  restocked: boolean;
  parts: Part[];
  requestedAt: string;
}

/** The columns of a return, of `return o`. */
function columns(sql: { fragment(strings: TemplateStringsArray): SqlFragment }): SqlFragment {
  return sql.fragment`
    o.return_id as "returnId", o.number, o.customer_id as "customerId", o.article, o.quantity, o.pence, o.state,
    o.refunded, o.restocked, o.requested_at as "requestedAt",
    (select json_agg(json_build_object('orderId', order_id, 'line', line, 'quantity', quantity, 'pence', pence)
              order by order_id, line)
       from return_part p where p.return_id = o.return_id) as parts`;
}

export const getReturn: Handler<typeof orders.getReturn, typeof wants> = async (
  { returnId, waitMs },
  context,
) => {
  const { call, signal, sql } = context;
  await waitUntil(() => call(orders.stateOf, { returnId }), waitMs, signal);
  const [row] = await sql<ReturnRow>`select ${columns(sql)} from return o where o.return_id = ${returnId}`;
  if (!row || !maySee(row.customerId, context)) throw missing("return", returnId);
  return row;
};

export const listReturns: Handler<typeof orders.returns, typeof wants> = async (
  input,
  { sql, actor, via },
) => {
  const { newestFirst, after, limit } = input;
  const everybody = input.customerId === undefined && (via !== "gateway" || isStaff({ actor }));
  const customerId = everybody ? undefined : (input.customerId ?? actor!.id);
  const rows = await sql<ReturnRow>`
    select ${columns(sql)} from return o
     where ${customerId === undefined ? sql.fragment`true` : sql.fragment`o.customer_id = ${customerId}`}
       and ${beyond(sql, after, newestFirst)}
     order by ${newestFirst ? sql.fragment`o.number desc` : sql.fragment`o.number`}
     limit ${limit + 1}`;
  const { rows: page, next } = pageOf(rows, limit, (row) => row.number);
  return { returns: page, next };
};
