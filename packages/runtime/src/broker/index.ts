export {
  type Backlog,
  type Batch,
  type Broker,
  type BrokerProblem,
  type Deliver,
  type Delivered,
  type Group,
  type LaneSpan,
  type Message,
  type OnProblem,
  StaleFenceError,
  type Subscription,
} from "./broker.ts";
export { LANES, laneOf } from "./lane.ts";
export { type MemoryBroker, memoryBroker, type MemoryBrokerOptions } from "./memory.ts";
export { type MemoryTimers } from "./memory-delivery.ts";
export { MemoryLog } from "./memory-log.ts";
export { postgresBroker, type PostgresBrokerOptions } from "./postgres.ts";
