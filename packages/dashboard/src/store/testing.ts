import { randomBytes } from "node:crypto";
import type { SpanRow } from "../otlp/row.ts";

/** A span that went well, but for what is said otherwise. */
export function span(more: Partial<SpanRow> = {}): SpanRow {
  return {
    kind: "span",
    sender: { service: "orders", unit: "back", instance: null, attributes: {}, key: "{}" },
    traceId: randomBytes(16),
    spanId: randomBytes(8),
    parentId: null,
    name: "orders@1.place",
    spanKind: 2,
    startUs: Date.now() * 1_000,
    durationUs: 5_000,
    status: 0,
    statusMessage: null,
    attributes: { "kerf.member": "orders@1.place", "rpc.system": "kerf", "kerf.caller": "gateway" },
    events: [],
    links: [],
    ...more,
  };
}
