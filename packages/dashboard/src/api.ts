/**
 * The JSON API of the dashboard, as its page reads it.
 *
 * Every answer is JSON. Times are milliseconds since 1970 with fractions (`number`, names end in `At`) or, where they come
 * from the records of a service, ISO 8601 text; durations are ms. A refusal has a status from 400 on and the body
 * {@link Problem}. Everything but `POST /api/session` needs the cookie that this gives.
 *
 * | request | answer |
 * |---|---|
 * | `POST /api/session` {@link SessionRequest} | 204 with the cookie; 403 where the token is wrong |
 * | `GET /api/app` | {@link AppView} |
 * | `GET /api/map?windowMs=` | {@link MapView} |
 * | `GET /api/traces?` {@link TraceQuery} | {@link TraceList} |
 * | `GET /api/traces/{traceId}` | {@link TraceView} |
 * | `GET /api/sagas?` {@link SagaQuery} | {@link SagaList} |
 * | `GET /api/sagas/{service}/{name}/{id}` | {@link SagaView} |
 * | `POST /api/sagas/{service}/{name}/{id}/retry`, `…/give-up` {@link Reason} | 204; give-up needs a reason |
 * | `GET /api/events?windowMs=` | {@link EventsView} |
 * | `GET /api/dead-letters` | {@link DeadLetterGroups} |
 * | `GET /api/dead-letters/letters?` {@link LetterChoice}`&limit=` | {@link DeadLetterList} |
 * | `POST /api/dead-letters/replay` {@link ReplayRequest} | {@link Done} |
 * | `POST /api/dead-letters/drop` {@link DropRequest} | {@link Done} |
 * | `GET /api/services?windowMs=` | {@link ServiceList} |
 * | `GET /api/services/{name}?windowMs=` | {@link ServiceView} |
 * | `GET /api/logs?` {@link LogQuery} | {@link LogList} |
 * | `GET /api/metrics` | {@link MetricList} |
 * | `GET /api/metrics/series?` {@link SeriesQuery} | {@link SeriesList} |
 * | `GET /api/topology` | {@link TopologyView} |
 * | `POST /api/topology/restart` {@link RestartRequest} | 204 |
 * | `GET /api/live?` {@link LiveQuery} | `text/event-stream` of {@link LiveEvent}, see there |
 * | `GET /api/export` | everything that is kept, as OTLP JSON lines (`application/x-ndjson`) |
 */
export interface Problem {
  /** For people: what is wrong and what to do. */
  readonly error: string;
}

/** `token` is in the fragment of the URL that `kerf dev` prints: `#token=…`. */
export interface SessionRequest {
  readonly token: string;
}

// --- the application ---

export interface AppView {
  readonly app: string;
  readonly topology: string;
  /** URL of the gateway. */
  readonly gateway: string | null;
  /** Which parts work here: the others answer 501, and the page leaves them out. */
  readonly parts: {
    /** Sagas and dead letters: there is a database. */
    readonly operations: boolean;
    /** Processes can be seen and restarted: `kerf dev` runs them. */
    readonly topology: boolean;
  };
  readonly kept: Kept;
}

/** What the storage holds, and its bounds. */
export interface Kept {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Start of the oldest span. */
  readonly oldestAt: number | null;
  /** Signals that were refused since the start because more came than could be written. */
  readonly dropped: number;
}

// --- map ---

export type NodeKind = "client" | "gateway" | "service" | "database" | "broker" | "foreign";

export interface MapNode {
  /** Unique among the nodes: `"service:orders"`, `"database:orders"`, `"broker"`, `"gateway"`, `"client"`, `"foreign:mailer"`. */
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
  /** Means; null where they were not measured. */
  readonly requestBytes: number | null;
  readonly replyBytes: number | null;
  /** Busiest first, at most 50. `name` is `"inventory@1.reserve"`, an event type, or an SQL verb. */
  readonly members: readonly { readonly name: string; readonly traffic: Traffic }[];
}

export interface Traffic {
  readonly count: number;
  readonly errors: number;
  readonly perSecond: number;
  /** null without a count. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export interface MapView {
  readonly windowMs: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

// --- traces ---

export interface TraceQuery {
  readonly service?: string;
  /** `"inventory@1.reserve"`, or a part of a span's name. */
  readonly member?: string;
  readonly status?: "ok" | "error";
  readonly minMs?: number;
  readonly maxMs?: number;
  /** `key=value`, of any span of the trace. May be given several times; all must match. */
  readonly attribute?: string | readonly string[];
  /** Words that a span's name, error or attributes hold. */
  readonly text?: string;
  readonly fromAt?: number;
  readonly toAt?: number;
  /** Default 50, at most 500. */
  readonly limit?: number;
  /** {@link TraceList.next} of the page before. */
  readonly before?: number;
}

export interface TraceSummary {
  readonly traceId: string;
  /** Of its root, or of the first span that is here. */
  readonly name: string;
  readonly service: string;
  readonly startAt: number;
  /** From its first start to its last end. */
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  readonly services: readonly string[];
}

export interface TraceList {
  /** The latest first. */
  readonly traces: readonly TraceSummary[];
  /** For `before`; null at the end. */
  readonly next: number | null;
}

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
export type Attributes = { readonly [key: string]: AttributeValue };

export interface SpanView {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly service: string;
  readonly unit: string | null;
  readonly instance: string | null;
  /** `"inventory@1.reserve"`, where it is a call, an event or a query of one. */
  readonly member: string | null;
  /** Of a call: in one process. */
  readonly local: boolean | null;
  readonly startAt: number;
  readonly durationMs: number;
  readonly status: "unset" | "ok" | "error";
  readonly statusMessage: string | null;
  /** It is on the critical path: without it the trace would have been shorter. */
  readonly critical: boolean;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
}

export interface TraceView {
  readonly traceId: string;
  readonly startAt: number;
  readonly durationMs: number;
  /** Parents before children, and by start. */
  readonly spans: readonly SpanView[];
  readonly logs: readonly LogLine[];
  /** Other traces that link to this one, or that this one links to. */
  readonly related: readonly TraceSummary[];
  /** There are more spans than the 5,000 that are here. */
  readonly truncated: boolean;
}

// --- sagas ---

export type SagaState = "running" | "undoing" | "parked" | "done" | "refused" | "abandoned";

export interface SagaQuery {
  readonly state?: SagaState | "stuck";
  readonly service?: string;
  readonly name?: string;
  /** Default 100, at most 1,000. */
  readonly limit?: number;
}

export interface SagaRow {
  readonly service: string;
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly state: SagaState;
  readonly stuck: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly parkedAt: string | null;
  readonly parkedReason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The step that it is at. */
  readonly step: string | null;
}

export interface SagaList {
  readonly counts: readonly {
    readonly service: string;
    readonly name: string;
    readonly state: SagaState;
    readonly sagas: number;
    readonly stuck: number;
  }[];
  /** Those that are parked first, then the latest. */
  readonly sagas: readonly SagaRow[];
}

export interface SagaStepView {
  readonly name: string;
  /** The member, or `$sleep`, `$now`, `$uuid`, `$random`. */
  readonly member: string;
  readonly state: "started" | "done" | "failed" | "undoing" | "undone";
  readonly input: unknown;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly data?: unknown } | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly undoAt: string | null;
}

export interface SagaView extends SagaRow {
  readonly input: unknown;
  readonly traceId: string | null;
  /** Where a retry goes on, of a parked one. */
  readonly parkedFrom: "running" | "undoing" | null;
  readonly steps: readonly SagaStepView[];
  /** Events that came for it. */
  readonly mail: readonly { readonly event: string; readonly at: string; readonly data: unknown }[];
  readonly actions: readonly ActionView[];
}

/** What a person did. */
export interface ActionView {
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | null;
}

export interface Reason {
  readonly reason?: string;
}

// --- events and dead letters ---

export interface EventsView {
  readonly windowMs: number;
  readonly events: readonly EventFlow[];
  /** By service: what is not sent yet. */
  readonly outboxes: readonly {
    readonly service: string;
    readonly unsent: number;
    readonly oldestMs: number;
  }[];
}

export interface EventFlow {
  /** `"orders@1.placed"`. */
  readonly type: string;
  readonly publisher: string;
  readonly published: Traffic;
  readonly subscribers: readonly {
    readonly service: string;
    readonly delivered: Traffic;
    /** Messages that wait, and the age of the oldest; null where it is not known. */
    readonly lag: number | null;
    readonly oldestMs: number | null;
    readonly deadLetters: number;
  }[];
}

export interface DeadLetterGroups {
  /** The most frequent first. */
  readonly groups: readonly {
    readonly service: string;
    readonly cause: string;
    readonly type: string;
    readonly messages: number;
    readonly keys: number;
    /** Of `messages`: those that wait for their replay. */
    readonly replaying: number;
    readonly firstAt: string;
    readonly lastAt: string;
    readonly error: string;
  }[];
}

export interface LetterChoice {
  readonly service: string;
  readonly cause?: string;
  readonly id?: string;
}

export interface DeadLetterView {
  readonly service: string;
  readonly id: string;
  readonly channel: string;
  readonly key: string;
  readonly type: string;
  readonly cause: string;
  readonly state: "dead" | "waiting" | "dropped";
  readonly attempts: number;
  readonly error: string;
  readonly firstFailedAt: string;
  readonly deadAt: string | null;
  readonly replayAt: string | null;
  /** Headers and `data`. */
  readonly message: { readonly [name: string]: unknown };
  readonly traceId: string | null;
}

export interface DeadLetterList {
  /** Oldest first, at most 1,000. */
  readonly letters: readonly DeadLetterView[];
}

/** Needs a cause or an id. */
export interface ReplayRequest extends LetterChoice, Reason {
  /** Default 10. */
  readonly perSecond?: number;
}

/** Needs a cause or an id, and a reason. */
export interface DropRequest extends LetterChoice {
  readonly reason: string;
}

export interface Done {
  readonly messages: number;
  /** When the last one's turn is. */
  readonly lastAt: string | null;
}

// --- services ---

export interface ServiceRow {
  readonly name: string;
  /** `"orders@2"`, its own contract first, then the older ones that it adapts. */
  readonly contracts: readonly string[];
  readonly unit: string | null;
  readonly callers: readonly string[];
  readonly uses: readonly string[];
  readonly database: boolean;
  readonly traffic: Traffic;
}

export interface ServiceList {
  readonly windowMs: number;
  readonly services: readonly ServiceRow[];
}

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface MemberView {
  readonly name: string;
  /** `"orders@2.place"`. */
  readonly id: string;
  readonly kind: "query" | "command" | "event" | "stream";
  readonly summary: string | null;
  readonly deprecated: boolean;
  /** `"POST /orders"`, where the gateway has it. */
  readonly http: string | null;
  readonly access: string | null;
  /** Of an event: its data as `output`. */
  readonly input: JsonSchema | null;
  readonly output: JsonSchema | null;
  readonly errors: { readonly [code: string]: JsonSchema };
  readonly traffic: Traffic;
  /** Who called, or was told, in the window. */
  readonly callers: readonly { readonly name: string; readonly traffic: Traffic }[];
}

export interface ServiceView extends ServiceRow {
  readonly windowMs: number;
  readonly members: readonly MemberView[];
}

// --- logs ---

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface LogQuery {
  readonly service?: string;
  readonly unit?: string;
  /** This level and above. */
  readonly level?: LogLevel;
  /** What the message or an attribute holds. */
  readonly text?: string;
  readonly traceId?: string;
  readonly fromAt?: number;
  readonly toAt?: number;
  /** Default 200, at most 1,000. */
  readonly limit?: number;
  /** {@link LogList.next} of the page before. */
  readonly before?: number;
}

export interface LogLine {
  readonly id: number;
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly service: string | null;
  readonly unit: string | null;
  readonly member: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly attributes: Attributes;
}

export interface LogList {
  /** The latest first. */
  readonly logs: readonly LogLine[];
  readonly next: number | null;
}

// --- metrics ---

export interface MetricFacts {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly unit: string;
  readonly description: string;
  readonly services: readonly string[];
  /** Keys of attributes that its series differ in. */
  readonly attributes: readonly string[];
}

export interface MetricList {
  readonly metrics: readonly MetricFacts[];
}

export interface SeriesQuery {
  readonly name: string;
  readonly service?: string;
  /** Attribute keys, or `service`, `unit`, `instance`, by which series stay apart, separated by commas. Default: one series. */
  readonly by?: string;
  readonly fromAt?: number;
  readonly toAt?: number;
  /** Default: 120 points between both ends. */
  readonly stepMs?: number;
}

export interface SeriesList {
  readonly kind: MetricFacts["kind"];
  readonly unit: string;
  readonly stepMs: number;
  /** At most 50, the largest first. */
  readonly series: readonly {
    /** Values of `by`. */
    readonly labels: { readonly [key: string]: string };
    readonly points: readonly SeriesPoint[];
  }[];
}

export interface SeriesPoint {
  readonly at: number;
  /** Counter: per second. Gauge: the latest. Histogram: recordings per second. */
  readonly value: number;
  /** Of a histogram, in the metric's unit. */
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

// --- topology ---

export interface TopologyView {
  readonly topology: string;
  readonly units: readonly UnitView[];
}

export interface UnitView {
  readonly name: string;
  readonly gateway: boolean;
  readonly services: readonly string[];
  readonly processes: readonly ProcessView[];
}

export interface ProcessView {
  /** `"back"`, and `"back/2"` for its second replica. */
  readonly name: string;
  readonly state: "starting" | "ready" | "stopping" | "waiting" | "broken" | "ended";
  readonly pid: number | null;
  readonly address: string | null;
  /** How often it was started again since `kerf dev` runs. */
  readonly restarts: number;
  readonly upMs: number | null;
  /** Resident memory. */
  readonly memoryBytes: number | null;
  /** Of one core: 0.5 is half of one. */
  readonly cpu: number | null;
}

/** It drains what is in flight, ends, and is started again. */
export interface RestartRequest {
  readonly process: string;
}

// --- live ---

export interface LiveQuery {
  /** `1`: log lines too, filtered by the other fields of {@link LogQuery}. */
  readonly logs?: "1";
  readonly service?: string;
  readonly unit?: string;
  readonly level?: LogLevel;
  readonly text?: string;
}

/** What changed, so that the page asks again for what it shows. */
export type Topic = "traces" | "logs" | "metrics" | "sagas" | "events" | "dead-letters" | "topology";

/**
 * Server-sent events, one line of JSON in `data:`, without an event name. At most one `changed` a second; a comment
 * every 15 s keeps the connection.
 */
export type LiveEvent =
  | { readonly type: "changed"; readonly topics: readonly Topic[]; readonly at: number }
  /** Oldest first, at most 200 a second; `skipped` says how many more there were. */
  | { readonly type: "logs"; readonly logs: readonly LogLine[]; readonly skipped: number };
