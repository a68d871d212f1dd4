/** What is compared, as a process is started with it. */
export function cases(endpoint: string): Readonly<Record<string, Record<string, string>>> {
  const sampled = (ratio: string): Record<string, string> => ({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces`,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  return {
    "without telemetry": { OTEL_SDK_DISABLED: "true" },
    "counting only": {},
    "spans, 0 % leave": sampled("0"),
    "spans, 10 % leave": sampled("0.1"),
    "spans, 100 % leave": sampled("1"),
  };
}
