export { openTelemetry, type OpenTelemetry, type TelemetryOptions } from "./open.ts";
