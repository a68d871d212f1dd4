/** What a dashboard has kept, for programs that read it without one. */
export { applicationOf, type Application } from "./application.ts";
export { eventsOf } from "./query/events.ts";
export { latestLog, logsAfter, matches, searchLogs } from "./query/logs.ts";
export { mapOf } from "./query/map.ts";
export { metricsOf, seriesOf } from "./query/metrics.ts";
export { ratesOf, type Rate } from "./query/rates.ts";
export { groupsOf, lettersOf, replayLetters, sagaOf, sagasOf } from "./query/records.ts";
export { serviceOf, servicesOf } from "./query/services.ts";
export { streamsOf, type StreamRow } from "./query/streams.ts";
export { traceIdsOf } from "./query/trace-ids.ts";
export { latestSpan, readTrace, searchTraces } from "./query/traces.ts";
export { flowsOf } from "./query/traffic.ts";
export { openTelemetry, UnreadableTelemetry } from "./store/open-reading.ts";
