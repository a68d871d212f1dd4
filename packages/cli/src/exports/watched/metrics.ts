/** The metrics of a unit as Prometheus names them. A test finds each of them in the `/metrics` of a running unit. */
export const metrics = {
  calls: "kerf_edge_calls_total",
  errors: "kerf_edge_errors_total",
  durationBucket: "kerf_edge_duration_seconds_bucket",
  durationCount: "kerf_edge_duration_seconds_count",
  requestBytesSum: "kerf_edge_request_bytes_sum",
  requestBytesCount: "kerf_edge_request_bytes_count",
  replyBytesSum: "kerf_edge_reply_bytes_sum",
  replyBytesCount: "kerf_edge_reply_bytes_count",
  streams: "kerf_edge_streams_total",
  streamErrors: "kerf_edge_stream_errors_total",
  streamsOpen: "kerf_edge_stream_open",
  unsent: "kerf_outbox_unsent",
  oldestUnsent: "kerf_outbox_oldest_age_seconds",
  retries: "kerf_retries",
  deadLetters: "kerf_dead_letters",
  sagas: "kerf_saga_active",
  lagMessages: "kerf_event_lag_messages",
  lagAge: "kerf_event_lag_age_seconds",
  uptime: "process_uptime_seconds",
  memory: "process_memory_usage_bytes",
  cpu: "process_cpu_time_seconds_total",
  loopDelayP50: "nodejs_eventloop_delay_p50_seconds",
  loopDelayP99: "nodejs_eventloop_delay_p99_seconds",
  loopUse: "nodejs_eventloop_utilization_ratio",
  heapUsed: "v8js_memory_heap_used_bytes",
  heapLimit: "v8js_memory_heap_limit_bytes",
  gcSum: "v8js_gc_duration_seconds_sum",
  connections: "db_client_connection_count",
  connectionsMax: "db_client_connection_max",
  connectionsPending: "db_client_connection_pending_requests",
  spansDropped: "kerf_telemetry_spans_dropped_total",
} as const;

/** What recording rules make of them: level, metric, operation (https://prometheus.io/docs/practices/rules/). */
export const recorded = {
  edgeCalls: "edge:kerf_edge_calls:rate5m",
  /** Faults of those who are called. */
  edgeErrors: "edge:kerf_edge_errors:rate5m",
  /** What contracts declare, and what is the caller's fault. */
  edgeRefusals: "edge:kerf_edge_refusals:rate5m",
  edgeDuration: "edge:kerf_edge_duration_seconds:quantile_rate5m",
  memberCalls: "member:kerf_edge_calls:rate5m",
  memberErrors: "member:kerf_edge_errors:rate5m",
  memberRefusals: "member:kerf_edge_refusals:rate5m",
  memberDuration: "member:kerf_edge_duration_seconds:quantile_rate5m",
  /** The share of calls that failed by our fault. */
  memberFaults: (window: string) => `member:kerf_edge_faults:ratio_rate${window}`,
  /** The share of streams that broke by our fault. */
  memberBroken: (window: string) => `member:kerf_edge_stream_faults:ratio_rate${window}`,
  /** The share of calls that took longer than was promised. */
  memberSlow: (window: string) => `member:kerf_edge_slow:ratio_rate${window}`,
  /** What is promised: 0.999. */
  objective: "member:kerf_objective:ratio",
  /** How many times faster than it may the budget of errors is used up. */
  burn: (window: string) => `member:kerf_budget_burn:ratio_rate${window}`,
} as const;

/** `kerf_retries{job="shop",service="orders"}`. Each matcher is whole: `'service="orders"'`. */
export function series(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${matchers.join(",")}}`;
}

/** Those of several metrics. */
export function seriesOfAny(some: readonly string[], ...matchers: readonly string[]): string {
  return series("", anyOf("__name__", some), ...matchers);
}

/** A matcher of any of these words: `kerf_member=~"orders@1\\.get|orders@1\\.place"`. */
export function anyOf(label: string, words: readonly string[]): string {
  return `${label}=~"${alternatives(words)}"`;
}

/** A matcher of anything but these words. */
export function noneOf(label: string, words: readonly string[]): string {
  return `${label}!~"${alternatives(words)}"`;
}

/** Words are names of ours: of what RE2 minds they have dots only, whose escape the string escapes once more. */
function alternatives(words: readonly string[]): string {
  return words.map((word) => word.replaceAll(".", "\\\\.")).join("|");
}
