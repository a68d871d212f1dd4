/** What a line of the log may say of where it belongs; `docs/operations.md#logs` tells of them. */
export const logFields = {
  /** ISO 8601, UTC, with milliseconds. */
  time: "time",
  level: "level",
  message: "msg",
  unit: "unit",
  service: "service",
  member: "member",
  trace: "traceId",
  span: "spanId",
  /** An object: `type`, `message`, and, where there are, `code`, `stack`, `cause`. */
  error: "err",
} as const;
