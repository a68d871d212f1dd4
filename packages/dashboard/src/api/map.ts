import type { Traffic } from "./traffic.ts";

export type NodeKind = "client" | "gateway" | "service" | "database" | "broker" | "foreign";

export interface MapNode {
  /** Unique among the nodes: `"service:orders"`, `"database:orders"`, `"broker"`, `"gateway"`, `"client"`, `"client:operator"`, `"foreign:mailer"`. */
  readonly id: string;
  readonly kind: NodeKind;
  /** For people. */
  readonly name: string;
  /** The unit that runs it; null for what Kerf does not run. */
  readonly unit: string | null;
  /** What it answered, or ran, in the window. */
  readonly traffic: Traffic;
}

export type EdgeKind = "call" | "query" | "event";

export interface MapEdge {
  readonly from: string;
  readonly to: string;
  /** `event` is drawn dashed. */
  readonly kind: EdgeKind;
  /** In one process; null where both were seen, or nothing was. */
  readonly local: boolean | null;
  /** False where the app declares this edge and nothing went over it in the window. */
  readonly seen: boolean;
  readonly traffic: Traffic;
  /** What went by streams, which are not among `traffic`; null where nothing did. */
  readonly streams: StreamTraffic | null;
  /** Means; null where they were not measured. */
  readonly requestBytes: number | null;
  readonly replyBytes: number | null;
  /** Busiest first, at most 50. `name` is `"inventory@1.reserve"`, an event type, or an SQL verb. */
  readonly members: readonly { readonly name: string; readonly traffic: Traffic }[];
}

export interface StreamTraffic {
  /** Now. */
  readonly open: number;
  /** In the window. */
  readonly ended: number;
  /** Of those that ended; see {@link Traffic}. */
  readonly errors: number;
  readonly refused: number;
  /** Answers in the window. */
  readonly messages: number;
  readonly messagesPerSecond: number;
  /** `"accounts@1.watch"` */
  readonly members: readonly string[];
}

export interface MapView {
  readonly windowMs: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}
