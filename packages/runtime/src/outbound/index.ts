export { isForbiddenAddress } from "./address.ts";
export { FORBIDDEN_ADDRESS, outboundLookup } from "./lookup.ts";
export { readOutboundUrl, type OutboundUrlRules } from "./outbound-url.ts";
