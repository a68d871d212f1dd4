export {
  StaleFenceError,
  memoryBroker,
  postgresBroker,
  type Broker,
  type BrokerProblem,
  type Delivered,
  type Group,
  type Message,
  type Subscription,
} from "./broker/index.ts";
export { thresholds } from "./service/thresholds.ts";
export { readReleases, type ReleaseEntry, type ReleaseStatus } from "./release/index.ts";
export { ageOf, type CacheCounts, type CacheStatus } from "./cache/index.ts";
export { childOf, newTrace, traceIdOf } from "./call/trace.ts";
export { attachEmbedded, type EmbeddedServer } from "./data/embedded.ts";
export { DatabaseError, type DatabaseErrorKind } from "./data/errors.ts";
export { MigrationError } from "./data/migrate.ts";
export { openServer, type DatabaseServer, type ServerOptions } from "./data/server.ts";
export type { Discovery } from "./discovery/discovery.ts";
export { dnsDiscovery } from "./discovery/dns.ts";
export { staticDiscovery } from "./discovery/static.ts";
export {
  contractsOf,
  edges,
  loadGraph,
  mayCall,
  type Edge,
  type Graph,
  type ServiceNode,
} from "./graph/index.ts";
export { createLog, readableLine, type LogLevel } from "./log/index.ts";
export type {
  Action,
  By,
  DeadLetter,
  DeadLetterGroup,
  LetterChoice,
  Replica,
  SagaChoice,
  SagaDetail,
  SagaStep,
  SagaSummary,
} from "./journal/operations-journal.ts";
export { retention, type Retention } from "./journal/retention.ts";
export {
  openOperations,
  type Operations,
  type OperationsOptions,
  type ServiceStatus,
  type Status,
} from "./operations/operations.ts";
export { stateByHand, type EventByHand, type NotStated, type StatedByHand } from "./operations/by-hand.ts";
export { defaultRate, type ServiceOperations } from "./operations/service-operations.ts";
export { ReplayError } from "./events/replay/errors.ts";
export type { ReplayEnd, ReplayProgress } from "./events/replay/options.ts";
export { recordHistory } from "./unit/record-history.ts";
export { openReplayer, type Replayer, type ReplayerOptions } from "./unit/replayer.ts";
export { replayHistory, type HistoryEnd, type SagaHistory } from "./sagas/history.ts";
export { droppedSagas, type DroppedSagas } from "./sagas/versions.ts";
export { sagaLimits, type SagaLimits } from "./sagas/step-policy.ts";
export { localTransport } from "./transport/local.ts";
export type { CallHeader, CallRequest, Dispatch, Transport, TransportServer } from "./transport/transport.ts";
export { startUnit } from "./unit/unit.ts";
export type { AnsweredByHand, CallByHand } from "./unit/call-by-hand.ts";
export type { EdgeCall, RunningUnit, UnitOptions, UnitStatus, UnitTiming } from "./unit/options.ts";
export {
  checkContract,
  compileValidator,
  jsonSchema,
  type Validation,
  type Validator,
  type ValidatorOptions,
} from "./validate/index.ts";
