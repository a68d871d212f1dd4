import { pino, type DestinationStream, type Logger } from "pino";
import { readableLine } from "./readable.ts";
import { lineWithoutSecrets, withoutSecrets } from "./secrets.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  /** The unit that writes; stands in every line. */
  readonly unit: string;
  /** Default "info". */
  readonly level?: LogLevel;
  /** Lines for people instead of JSON. Default false. */
  readonly pretty?: boolean;
  /** Colours in lines for people. Default false. */
  readonly colour?: boolean;
  /** Where lines go; standard output where absent. */
  readonly destination?: DestinationStream;
  /** Is given each line too, as JSON, without its secrets. */
  readonly copy?: DestinationStream | undefined;
}

/**
 * Makes the log of a unit: one JSON object a line, with `time` (ISO 8601), `level` (a word), `unit`, and what the
 * children add: `service`, `member`, `traceId`. Passwords, tokens, cookies and the credentials of URLs are taken out.
 */
export function createLog(options: LogOptions): Logger {
  const { copy, destination = pino.destination({ fd: 1, sync: true }) } = options;
  const target: DestinationStream = options.pretty
    ? { write: (line) => destination.write(`${readableLine(line, { colour: options.colour ?? false })}\n`) }
    : destination;
  const stream: DestinationStream = copy ? both(target, copy) : target;
  return pino(
    {
      level: options.level ?? "info",
      base: { unit: options.unit },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields) as Record<string, unknown>,
      },
      // `error` too: what people write when they do not think of pino's own name for it.
      serializers: { err: describeError, error: describeError, cause: describeError },
      hooks: { streamWrite: lineWithoutSecrets },
    },
    stream,
  );
}

function both(one: DestinationStream, other: DestinationStream): DestinationStream {
  return {
    write(line) {
      one.write(line);
      other.write(line);
    },
  };
}

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** Only these fields: an error of a driver carries queries and their parameters, which are somebody's data. */
function describeError(value: unknown, depth = 0): unknown {
  if (!(value instanceof Error)) return typeof value === "object" ? withoutSecrets(value) : value;
  const { code } = value as { code?: unknown };
  const described: DescribedError = {
    type: value.name,
    message: value.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(value.stack === undefined ? {} : { stack: value.stack }),
    ...(value.cause === undefined || depth >= 4 ? {} : { cause: describeError(value.cause, depth + 1) }),
  };
  return described;
}
