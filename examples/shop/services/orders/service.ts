import { service } from "kerf";
import { checkout } from "./checkout.ts";
import { orders } from "./contract.ts";
import { confirm, refuse } from "./decide.ts";
import { refunded, reportStuck, restocked } from "./follow-return.ts";
import { rebuildNames, registered, renamed } from "./names.ts";
import { wants } from "./needs.ts";
import { place } from "./place.ts";
import { decisions, get, list, stateOf, watch } from "./queries.ts";
import { requestReturn, returnLine } from "./request-return.ts";
import { getReturn, listReturns } from "./returns.ts";

export default service(orders, wants, {
  handle: {
    place,
    get,
    watch,
    stateOf,
    list,
    decisions,
    confirm,
    refuse,
    requestReturn,
    returnLine,
    getReturn,
    returns: listReturns,
    rebuildNames,
  },
  react: [registered, renamed, refunded, restocked],
  schedule: [reportStuck],
  sagas: [checkout],
});
