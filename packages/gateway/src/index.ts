export { startGateway, type Gateway } from "./gateway.ts";
export type { Credentials, Identify } from "./identity/credentials.ts";
export { developmentIdentity } from "./identity/development.ts";
export { openIdentity, type IdentityParts } from "./identity/open.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { ListenError } from "./listen.ts";
export { expressMiddleware, fastifyPlugin, type Middleware } from "./mount/frameworks.ts";
export { mountGateway, type MountedGateway } from "./mount/mount.ts";
export { openapi, type ApiInfo } from "./openapi/document.ts";
export { accessText, type CredentialKinds } from "./openapi/security.ts";
export type { EdgeCall, EdgeWatch, GatewayOptions } from "./options.ts";
export {
  declaredProblemType,
  problemKinds,
  type ProblemKind,
  type ProblemName,
} from "./problems/catalogue.ts";
export { routesOf, streamRoutesOf, type Route, type StreamRoute } from "./routes.ts";
