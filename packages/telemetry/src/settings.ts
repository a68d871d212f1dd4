import { samplerOf, type Sampler } from "./recorder/sampler.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Protocol = "http/protobuf" | "http/json";

/** Where one kind of signal goes. */
export interface Destination {
  readonly url: string;
  readonly protocol: Protocol;
}

/**
 * What the standard variables of OpenTelemetry say. What is not here (headers, compression, timeouts, certificates) the
 * exporters read by themselves.
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
  readonly queueSize: number;
  readonly batchSize: number;
  readonly spansEveryMs: number;
  readonly metricsEveryMs: number;
  readonly serviceName: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Undefined where `OTEL_SDK_DISABLED` is true.
 * @throws RangeError that names the variable, and says how it is written
 */
export function readSettings(environment: Environment): Settings | undefined {
  const given = (name: string) => environment[name]?.trim() || undefined;
  if (given("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const { "service.name": named, ...attributes } = readAttributes(given("OTEL_RESOURCE_ATTRIBUTES"));
  const number = (name: string, otherwise: number): number => {
    const text = given(name);
    if (text === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
      throw new RangeError(`${name} is "${text}"; it is a whole number from 1`);
    return Number(text);
  };
  return {
    sampler: samplerOf(given("OTEL_TRACES_SAMPLER"), given("OTEL_TRACES_SAMPLER_ARG")),
    slowMs: number("KERF_TRACE_SLOW_MS", 1_000),
    payloads: given("KERF_TRACE_PAYLOADS") === "true",
    traces: destination(given, "TRACES"),
    metrics: destination(given, "METRICS"),
    queueSize: number("OTEL_BSP_MAX_QUEUE_SIZE", 16_384),
    batchSize: number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
    spansEveryMs: number("OTEL_BSP_SCHEDULE_DELAY", 1_000),
    metricsEveryMs: number("OTEL_METRIC_EXPORT_INTERVAL", 15_000),
    serviceName: given("OTEL_SERVICE_NAME") ?? named,
    attributes,
  };
}

function destination(
  given: (name: string) => string | undefined,
  signal: "TRACES" | "METRICS",
): Destination | undefined {
  const own = given(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const base = given("OTEL_EXPORTER_OTLP_ENDPOINT");
  const exporter = given(`OTEL_${signal}_EXPORTER`);
  if (exporter !== undefined && exporter !== "otlp" && exporter !== "none")
    throw new RangeError(`OTEL_${signal}_EXPORTER is "${exporter}"; known are otlp and none`);
  if (exporter === "none" || (own === undefined && base === undefined && exporter === undefined))
    return undefined;
  const variable = [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL"].find(given);
  const protocol = variable === undefined ? "http/protobuf" : given(variable)!;
  if (protocol !== "http/protobuf" && protocol !== "http/json")
    throw new RangeError(`${variable} is "${protocol}"; known are http/protobuf and http/json`);
  const path = `v1/${signal.toLowerCase()}`;
  const url = own ?? `${(base ?? "http://localhost:4318").replace(/\/$/, "")}/${path}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new RangeError(
      `OTEL_EXPORTER_OTLP_${own ? `${signal}_` : ""}ENDPOINT is "${own ?? base}", which is no http or https URL`,
    );
  return { url, protocol };
}

/** `key1=value1,key2=value2`, percent-encoded. */
function readAttributes(text = ""): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1) continue;
    try {
      attributes[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(
        pair.slice(at + 1).trim(),
      );
    } catch {
      throw new RangeError(
        `OTEL_RESOURCE_ATTRIBUTES has "${pair}", which is not percent-encoded as it should be`,
      );
    }
  }
  return attributes;
}
