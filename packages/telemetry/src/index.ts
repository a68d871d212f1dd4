export { logLines, type LogLines } from "./logs/log-lines.ts";
export { openTelemetry, prepareTelemetry, type OpenTelemetry, type TelemetryOptions } from "./open.ts";
