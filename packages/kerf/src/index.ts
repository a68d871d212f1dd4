export { adapt, contractsServed, type AdaptedCall, type AdaptedEvent, type Adapter } from "./adapt.ts";
export type { Mapping } from "./adapt-types.ts";
export { app, type App, type GatewaySettings, type LoadService, type Topology } from "./app.ts";
export type { AccessRule, Actor, Caller, Claims, Via } from "./access.ts";
export type {
  Call,
  CallOptions,
  CommandContext,
  Emit,
  Fail,
  NeedsSpec,
  PrepareContext,
  QueryContext,
  ReactionContext,
  Send,
  SendOptions,
  SendRefusal,
  Start,
} from "./context.ts";
export { when, type CachePlan, type CacheSpec, type Invalidation } from "./cache.ts";
export { checkPurgeUrl, type CdnSettings } from "./cdn.ts";
export {
  contract,
  contractIdOf,
  describe,
  isContract,
  memberNameOf,
  serviceNameOf,
  typesOf,
  type AnyContract,
  type Contract,
  type ContractFacts,
} from "./contract.ts";
export type { DevelopmentClient, DevelopmentPerson, DevelopmentProvider } from "./development-provider.ts";
export type { DeprecatedSpec, Deprecation } from "./deprecated.ts";
export { durationMs, type Duration } from "./duration.ts";
export type { EarlierData, EarlierInput, EarlierVersion, Versions } from "./earlier.ts";
export {
  DeclaredError,
  failed,
  outcome,
  StatusError,
  statusNumbers,
  type Failure,
  type Outcome,
  type StatusCode,
  type Violation,
} from "./errors.ts";
export { readLimit, type AppLimits, type Limit, type Quota, type Quotas, type Rate } from "./limit.ts";
export {
  checkIdentity,
  defaultAlgorithms,
  isSafeUrl,
  type IdentitySettings,
  type ProviderSettings,
  type RoleSettings,
  type TokenAlgorithm,
} from "./identity.ts";
export { batch, type BatchOptions } from "./batch.ts";
export {
  optional,
  required,
  type Ask,
  type Gather,
  type Gathered,
  type Part,
  type PartLimits,
  type Parts,
} from "./gather.ts";
export { http, type ForeignAuth, type ForeignService, type HttpServiceSpec } from "./foreign.ts";
export { readRoute, type HttpOperation } from "./http-operation.ts";
export type { LegacyApplication, LegacySettings, LegacyTimeouts } from "./legacy.ts";
export type { Log } from "./log.ts";
export {
  command,
  event,
  query,
  type AnyCommand,
  type AnyEvent,
  type AnyMember,
  type AnyQuery,
  type Command,
  type Data,
  type ErrorCode,
  type Event,
  type HandlerInput,
  type HandlerOutput,
  type HttpRoute,
  type Input,
  type Output,
  type Query,
  type Received,
} from "./members.ts";
export { nearest } from "./nearest.ts";
export {
  latencyBounds,
  type LatencyBound,
  type Objective,
  type ObjectiveSpec,
  type StreamObjectiveSpec,
} from "./objective.ts";
export { referenceClient, type ReferenceSettings } from "./reference.ts";
export { DeclarationError } from "./refuse.ts";
export { routeParts, type RouteParts } from "./route.ts";
export {
  saga,
  sagaFacts,
  type AnySaga,
  type Refusal,
  type Saga,
  type SagaContext,
  type SagaFacts,
  type SagaInput,
  type Step,
  type StepOptions,
} from "./saga.ts";
export type { ErrorSchemas, Given, Schema, Taken } from "./schema.ts";
export {
  every,
  needs,
  on,
  service,
  twoPhase,
  type Handler,
  type Phases,
  type Reaction,
  type ReactionOptions,
  type Replayable,
  type ReplayableOptions,
  type Schedule,
  type ServiceDefinition,
  type WithoutEffects,
} from "./service.ts";
export type { Sql, SqlFragment } from "./sql.ts";
export type { StaticFiles } from "./static-files.ts";
export { stream, type AnyStream, type Resume, type Stream, type StreamRoute } from "./stream.ts";
export type { StreamContext, StreamHandler, Watch } from "./stream-context.ts";
export type { TopologySpec, Unit } from "./units.ts";
