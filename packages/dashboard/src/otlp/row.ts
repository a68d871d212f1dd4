import type { Attributes } from "../api/index.ts";

/** Who sent something. */
export interface Sender {
  readonly service: string;
  readonly unit: string | null;
  readonly instance: string | null;
  readonly attributes: Attributes;
  /** `attributes` as JSON, by which senders are told apart. */
  readonly key: string;
}

/** Times in microseconds since 1970. */
export interface SpanRow {
  readonly kind: "span";
  readonly sender: Sender;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array | null;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly spanKind: number;
  readonly startUs: number;
  readonly durationUs: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string | null;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: Uint8Array;
    readonly spanId: Uint8Array;
    readonly attributes: Attributes;
  }[];
}

export interface LogRow {
  readonly kind: "log";
  readonly sender: Sender;
  readonly atUs: number;
  /** 1 to 24, as OTLP has them. */
  readonly severity: number;
  readonly message: string;
  readonly traceId: Uint8Array | null;
  readonly spanId: Uint8Array | null;
  readonly attributes: Attributes;
}

/** One point of one series. Times in microseconds since 1970. */
export interface PointRow {
  readonly kind: "point";
  readonly sender: Sender;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metric: "counter" | "gauge" | "histogram";
  /** Its values count from `startUs` on, not from the point before. */
  readonly cumulative: boolean;
  readonly startUs: number;
  readonly atUs: number;
  readonly attributes: Attributes;
  /** Of a histogram: its sum. */
  readonly value: number;
  readonly count: number;
  /** Of a histogram: `counts` has one more than `bounds`, for what is above the last. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export type Row = SpanRow | LogRow | PointRow;

export interface Read {
  readonly rows: Row[];
  /** How many spans, points or records were no such thing, and why the last was not. */
  rejected: number;
  reason: string;
}

export function reject(read: Read, reason: string): void {
  read.rejected++;
  read.reason = reason;
}
