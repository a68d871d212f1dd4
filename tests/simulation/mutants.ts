import type { Broker } from "../../packages/runtime/src/broker/broker.ts";
import type { Journal } from "../../packages/runtime/src/journal/journal.ts";
import type { Storage } from "../../packages/runtime/src/service/port.ts";
import type { Dispatch, Transport } from "../../packages/runtime/src/transport/transport.ts";
import type { SimProcess } from "./world/process.ts";

/** Something that is broken on purpose, by wrapping a seam. */
export interface Mutation {
  journal?(journal: Journal, process: SimProcess): Journal;
  broker?(broker: Broker, storage: (service: string) => Storage): Broker;
  transport?(transport: Transport, process: SimProcess): Transport;
  dispatch?(dispatch: Dispatch, storage: (service: string) => Storage): Dispatch;
}

/** Nothing is broken. */
export const sound: Mutation = {};
