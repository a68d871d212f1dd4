import type { Attributes } from "./attributes.ts";

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
