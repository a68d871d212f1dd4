import { service } from "kerf";
import { charge, refund } from "./charge.ts";
import { payments } from "./contract.ts";
import { wants } from "./needs.ts";
import { bankLog, entries, listPayments, trialBalance } from "./queries.ts";
import { refundReturn } from "./refund-return.ts";

export default service(payments, wants, {
  handle: { charge, refund, payments: listPayments, trialBalance, entries, bankLog },
  react: [refundReturn],
});
