export { startGateway, type Gateway } from "./gateway.ts";
export type { Credentials, Identify } from "./identity/credentials.ts";
export { developmentIdentity } from "./identity/development.ts";
export { openIdentity, type IdentityParts } from "./identity/open.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { ListenError } from "./listen.ts";
export { openapi, type ApiInfo } from "./openapi/document.ts";
export type { EdgeCall, GatewayOptions } from "./options.ts";
export { problemKinds, type ProblemKind, type ProblemName } from "./problems/catalogue.ts";
