import { StatusError, type Handler } from "kerf";
import { randomUUID } from "node:crypto";
import type { Emit, Sql } from "kerf";
import { missing } from "../../shapes/missing.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";
import { maySee } from "./queries.ts";
import { takeBack, type Part, type ReturnableLine } from "./take-back.ts";

/** How long money and goods may take to come back before somebody should look. */
const deadline = "15 minutes";

export const requestReturn: Handler<typeof orders.requestReturn, typeof wants> = async (
  input,
  { sql, emit, fail, actor },
) => {
  const { article, quantity } = input;
  const customerId = input.customerId ?? actor?.id;
  if (customerId === undefined)
    throw new StatusError("INVALID_ARGUMENT", "customerId: say whose pieces come back");
  // Locked newest first by every return: two of one customer wait for each other, and the second sees what is left.
  const lines = await sql<ReturnableLine>`
    select l.order_id as "orderId", l.line, l.quantity - l.returned as left, l.pence
      from order_line l join orders o using (order_id)
     where o.customer_id = ${customerId} and o.state = 'confirmed'
       and l.article = ${article} and l.returned < l.quantity
     order by o.number desc, l.line desc
       for update of l`;
  const parts = takeBack(lines, quantity);
  if (!parts)
    throw fail("NothingToReturn", { article, left: lines.reduce((sum, line) => sum + line.left, 0) });
  return await record(sql, emit, customerId, article, parts);
};

export const returnLine: Handler<typeof orders.returnLine, typeof wants> = async (
  { orderId, line },
  context,
) => {
  const { sql, emit, fail } = context;
  const [found] = await sql<
    ReturnableLine & { article: string; quantity: number; customerId: string | null }
  >`
    select l.order_id as "orderId", l.line, l.quantity - l.returned as left, l.pence, l.article, l.quantity,
           o.customer_id as "customerId"
      from order_line l join orders o using (order_id)
     where o.order_id = ${orderId} and l.line = ${line} and o.state = 'confirmed'
       for update of l`;
  // A guest's order has nobody whom the money could be asked back by.
  if (!found || found.customerId === null || !maySee(found.customerId, context))
    throw missing("order", orderId);
  const { article, quantity, left, customerId } = found;
  if (left < quantity) throw fail("NothingToReturn", { article, left });
  return await record(sql, emit, customerId, article, takeBack([found], quantity)!);
};

/** Takes the pieces off their lines, and starts the return by stating it: what follows is others' to do. */
async function record(sql: Sql, emit: Emit<"orders@1">, customerId: string, article: string, parts: Part[]) {
  const returnId = randomUUID();
  const quantity = parts.reduce((sum, part) => sum + part.quantity, 0);
  const pence = parts.reduce((sum, part) => sum + part.quantity * part.pence, 0);
  const given = sql.fragment`unnest(
      ${parts.map((part) => part.orderId)}::text[],
      ${parts.map((part) => part.line)}::int[],
      ${parts.map((part) => part.quantity)}::bigint[],
      ${parts.map((part) => part.pence)}::bigint[]) as part (order_id, line, quantity, pence)`;
  const [, [added]] = await Promise.all([
    sql`update order_line l set returned = returned + part.quantity
          from ${given} where l.order_id = part.order_id and l.line = part.line`,
    sql<{ number: number; requestedAt: string }>`
      insert into return (return_id, customer_id, article, quantity, pence, deadline)
      values (${returnId}, ${customerId}, ${article}, ${quantity}, ${pence}, now() + ${deadline}::interval)
      returning number, requested_at as "requestedAt"`,
    sql`insert into return_part (return_id, order_id, line, quantity, pence)
        select ${returnId}, order_id, line, quantity, pence from ${given}`,
  ]);
  const returned = { returnId, customerId, article, quantity, pence, parts };
  emit(orders.returnRequested, returned);
  return { ...returned, ...added!, state: "requested" as const, refunded: false, restocked: false };
}
