export { refuseByIdentity, refuseByInput, type AccessRefusal, type InputRule } from "./access.ts";
export { Recent } from "./recent.ts";
