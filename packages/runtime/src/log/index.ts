export { createLog, LOG_LEVELS, type LogLevel, type LogOptions } from "./log.ts";
export { readableLine, type ReadableOptions } from "./readable.ts";
export { isSecretName, lineWithoutSecrets, REDACTED, withoutSecrets } from "./secrets.ts";
export type { Logger } from "pino";
