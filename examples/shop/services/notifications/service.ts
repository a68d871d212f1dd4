import { service, type SqlFragment } from "kerf";
import { pageOf } from "../../shapes/page.ts";
import { present } from "../../shapes/row.ts";
import { notifications } from "./contract.ts";
import type { Letter } from "./letters.ts";
import { mailConfirmation, mailRefund, mailRefusal } from "./mails.ts";
import { wants } from "./needs.ts";

interface MailRow {
  number: number;
  messageId: string;
  kind: Letter["kind"];
  orderId: string | null;
  returnId: string | null;
  customerId: string | null;
  to: string;
  subject: string;
  text: string;
  sentAt: string;
}

function columns(sql: { fragment(strings: TemplateStringsArray): SqlFragment }): SqlFragment {
  return sql.fragment`
    number, message_id as "messageId", kind, order_id as "orderId", return_id as "returnId",
    customer_id as "customerId", recipient as "to", subject, body as text, sent_at as "sentAt"`;
}

export default service(notifications, wants, {
  handle: {
    async mails({ orderId, after = 0, limit }, { sql }) {
      const rows = await sql<MailRow>`
        select ${columns(sql)} from mail
         where number > ${after} and ${orderId === undefined ? sql.fragment`true` : sql.fragment`order_id = ${orderId}`}
         order by number limit ${limit + 1}`;
      const { rows: page, next } = pageOf(rows, limit, (row) => row.number);
      return { mails: page.map(present), next };
    },

    async mailsOf({ customerId, limit }, { sql }) {
      const rows = await sql<MailRow>`
        select ${columns(sql)} from mail where customer_id = ${customerId} order by number desc limit ${limit}`;
      return { mails: rows.map(present) };
    },
  },
  react: [mailConfirmation, mailRefusal, mailRefund],
});
