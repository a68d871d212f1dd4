export { refuseByIdentity, refuseByInput, type AccessRefusal, type InputRule } from "./access.ts";
export { BadCallToken, callTokens, type Bearer, type CallTokens } from "./call-token.ts";
export { Recent } from "./recent.ts";
