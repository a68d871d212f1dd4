/** What a process is started with to have so much leave. */
function sampled(endpoint: string, ratio: number): Record<string, string> {
  return {
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces`,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: String(ratio),
  };
}

/** What is compared, by the environment of its process. */
export type Cases = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The case that all others are compared with. */
export const without = "without telemetry";
const off = { OTEL_SDK_DISABLED: "true" };

export function kerfCases(endpoint: string): Cases {
  return {
    [without]: off,
    "counting only": {},
    "spans, 0 % leave": sampled(endpoint, 0),
    "spans, 10 % leave": sampled(endpoint, 0.1),
    "spans, 100 % leave": sampled(endpoint, 1),
  };
}

/** The same of Fastify with OpenTelemetry's own SDK, which counts nothing here. */
export function stockCases(endpoint: string): Cases {
  return {
    [without]: off,
    "spans, 0 % leave": sampled(endpoint, 0),
    "spans, 10 % leave": sampled(endpoint, 0.1),
    "spans, 100 % leave": sampled(endpoint, 1),
  };
}
