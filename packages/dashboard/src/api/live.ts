import type { LogLevel, LogLine } from "./logs.ts";

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
