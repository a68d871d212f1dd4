import type { DatabaseSync } from "node:sqlite";
import type { By, EventByHand, NotStated, Operations, ServiceOperations, StatedByHand } from "@kerf/runtime";
import type { Application } from "./application.ts";
import type { Control } from "./control.ts";
import type { Live } from "./server/live.ts";
import type { AppView, PersonView, Published, TopologyView } from "./api/index.ts";
import type { Store } from "./store/store.ts";

/** What the dashboard shows, and where it has it from. */
export interface Sources {
  readonly app: string;
  readonly topology: string;
  /** URL of the gateway; undefined where there is none, or it is not known yet. */
  readonly gateway: () => string | undefined;
  /** The services of the application as they are now, asked for whenever somebody looks. Rejects where they cannot be loaded. */
  readonly application: () => Promise<Application>;
  /** Opens the records of the services; undefined where there is no database. Rejects where it cannot be reached. */
  readonly operations: (() => Promise<Operations>) | undefined;
  /** Makes of an event what its owner would state, by the declarations as they are now. Undefined where that is not known. */
  readonly state?: ((event: EventByHand) => Promise<StatedByHand | NotStated>) | undefined;
  /** Calls a member that the gateway does not have. Undefined where nobody here runs the processes. Rejects where nobody could be asked. */
  readonly callPastGateway?: ((call: PastGateway) => Promise<PastGatewayAnswer>) | undefined;
  /** Whom calls can be made as; undefined where the people are another provider's. */
  readonly identity?: Identity | undefined;
  /** Undefined where nobody here runs the processes. */
  readonly control: Control | undefined;
  /** For the record of what people do. */
  readonly who: string;
}

/** A call of a member without a route. */
export interface PastGateway {
  /** `"inventory@1.reserve"` */
  readonly member: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** One of the people; undefined for a stranger. */
  readonly as: string | undefined;
  /** Of a command: its idempotency key. */
  readonly key: string | undefined;
}

/** As the gateway would answer. */
export interface PastGatewayAnswer {
  readonly status: number;
  /** The output, or a problem (RFC 9457) with the code and data of an error. */
  readonly body: unknown;
  readonly traceId: string;
}

/** The people of the embedded provider. */
export interface Identity {
  readonly people: readonly PersonView[];
  /** An access token of one of them. Rejects where there is none at the moment. */
  token(person: string): Promise<string>;
}

/** What the answers are made from. */
export interface Parts extends Omit<Sources, "application" | "operations" | "state"> {
  readonly store: Store;
  readonly database: DatabaseSync;
  readonly live: Live;
  /** Undefined where nobody here runs the processes. */
  readonly readTopology: (() => Promise<TopologyView>) | undefined;
  /** Never rejects: without its declarations, an application is what it tells. */
  application(): Promise<Application>;
  /** @throws Refusal for one that cannot be stated */
  publish(event: EventByHand, by: By): Promise<Published>;
  /** Known as soon as it listens. */
  readonly otlp: () => AppView["otlp"];
  readonly hasOperations: boolean;
  /** @throws Refusal where there are none */
  operations(): Promise<Operations>;
  /** @throws Refusal where there are none of this service */
  operationsOf(service: string): Promise<ServiceOperations>;
}
