export { openTelemetry, prepareTelemetry, type OpenTelemetry, type TelemetryOptions } from "./open.ts";
