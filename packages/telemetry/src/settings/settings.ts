import { samplerOf, type Sampler } from "../recorder/sampler.ts";
import { copyOf, destinationOf, type Destination } from "./destination.ts";
import { attributeLimits, spanLimits, type AttributeLimits, type SpanLimits } from "./limits.ts";
import { Variables, type Environment } from "./variables.ts";

/** How one kind of signal is gathered and sent. */
export interface Batching {
  readonly queueSize: number;
  readonly batchSize: number;
  readonly everyMs: number;
  /** What sending a batch may take. */
  readonly timeoutMs: number;
}

/**
 * What the standard variables of OpenTelemetry say.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export interface Settings {
  readonly sampler: Sampler;
  /** `KERF_TRACE_SLOW_MS`: a span that takes longer has its trace leave, whatever was chosen. */
  readonly slowMs: number;
  /** `KERF_TRACE_PAYLOADS=true`: spans hold what was sent, without what contracts call sensitive. */
  readonly payloads: boolean;
  readonly traces: Destination | undefined;
  readonly metrics: Destination | undefined;
  readonly logs: Destination | undefined;
  /** Where the same goes besides. */
  readonly copies: { readonly traces: Destination | undefined; readonly metrics: Destination | undefined };
  readonly spanBatching: Batching;
  readonly logBatching: Batching;
  readonly spanLimits: SpanLimits;
  readonly logLimits: AttributeLimits;
  readonly metricsEveryMs: number;
  readonly metricsTimeoutMs: number;
  /** Whether counts are sent as what was added since they were last sent. */
  readonly delta: boolean;
  readonly exemplars: boolean;
  readonly propagators: Propagators;
  /** From which level on what OpenTelemetry's own parts say is logged. */
  readonly diagnostics: Diagnostics;
  readonly serviceName: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What libraries put into the headers of what they send. */
export interface Propagators {
  readonly traceContext: boolean;
  /** Only where it is asked for by name: it would leave to everybody whom a library calls. */
  readonly baggage: boolean;
}

const diagnostics = ["none", "error", "warn", "info", "debug", "verbose", "all"] as const;
export type Diagnostics = (typeof diagnostics)[number];

/**
 * Undefined where `OTEL_SDK_DISABLED` is true.
 * @throws RangeError that names the variable, and says how it is written
 */
export function readSettings(environment: Environment): Settings | undefined {
  const variables = new Variables(environment);
  if (variables.isTrue("OTEL_SDK_DISABLED")) return undefined;
  refuseUnsupported(variables);
  const { "service.name": named, ...attributes } = variables.pairs("OTEL_RESOURCE_ATTRIBUTES");
  return {
    sampler: samplerOf(variables.text("OTEL_TRACES_SAMPLER"), variables.text("OTEL_TRACES_SAMPLER_ARG")),
    slowMs: variables.whole("KERF_TRACE_SLOW_MS", 1_000),
    payloads: variables.isTrue("KERF_TRACE_PAYLOADS"),
    traces: destinationOf(variables, "TRACES"),
    metrics: destinationOf(variables, "METRICS"),
    logs: destinationOf(variables, "LOGS"),
    copies: { traces: copyOf(variables, "TRACES"), metrics: copyOf(variables, "METRICS") },
    spanBatching: batching(variables, "OTEL_BSP", 16_384, 2_048),
    logBatching: batching(variables, "OTEL_BLRP", 4_096, 512),
    spanLimits: spanLimits(variables),
    logLimits: attributeLimits(variables, "LOGRECORD"),
    metricsEveryMs: variables.whole("OTEL_METRIC_EXPORT_INTERVAL", 15_000),
    metricsTimeoutMs: variables.whole("OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
    delta:
      variables.choice(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        ["cumulative", "delta"],
        "cumulative",
      ) === "delta",
    exemplars:
      variables.choice("OTEL_METRICS_EXEMPLAR_FILTER", ["trace_based", "always_off"], "trace_based") ===
      "trace_based",
    propagators: propagators(variables),
    diagnostics: variables.choice("OTEL_LOG_LEVEL", diagnostics, "warn"),
    serviceName: variables.text("OTEL_SERVICE_NAME") ?? named,
    attributes,
  };
}

function batching(
  variables: Variables,
  prefix: "OTEL_BSP" | "OTEL_BLRP",
  queueSize: number,
  batchSize: number,
): Batching {
  const most = variables.whole(`${prefix}_MAX_QUEUE_SIZE`, queueSize);
  return {
    queueSize: most,
    // One larger than the queue would never be full.
    batchSize: Math.min(variables.whole(`${prefix}_MAX_EXPORT_BATCH_SIZE`, batchSize), most),
    everyMs: variables.whole(`${prefix}_SCHEDULE_DELAY`, 1_000),
    timeoutMs: variables.whole(`${prefix}_EXPORT_TIMEOUT`, 30_000),
  };
}

function propagators(variables: Variables): Propagators {
  const asked = variables.choices("OTEL_PROPAGATORS", ["tracecontext", "baggage", "none"]);
  return {
    traceContext: asked?.includes("tracecontext") ?? true,
    baggage: asked?.includes("baggage") ?? false,
  };
}

/** What would change what is told, and is not there: to say nothing would be to promise it. */
function refuseUnsupported(variables: Variables): void {
  for (const name of ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"])
    if (variables.text(name) !== undefined)
      throw new RangeError(`${name} is set, and no such file is read here; use the variables instead`);
  variables.choice(
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    ["explicit_bucket_histogram"],
    "explicit_bucket_histogram",
  );
}
