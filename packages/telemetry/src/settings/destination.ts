import { accessSync, constants } from "node:fs";
import type { Variables } from "./variables.ts";

export type Protocol = "http/protobuf" | "http/json" | "grpc";
export type Signal = "TRACES" | "METRICS" | "LOGS";

const protocols: readonly Protocol[] = ["http/protobuf", "http/json", "grpc"];

/**
 * Where one kind of signal goes. Headers, compression and certificates the exporters read by themselves: here it is only
 * seen to it that they can.
 */
export interface Destination {
  /** With the path of the signal; for gRPC without one. */
  readonly url: string;
  readonly protocol: Protocol;
  /** What sending one batch may take, with all its tries. */
  readonly timeoutMs: number;
  /** A dashboard on this machine: what the variables say of headers, compression and certificates is not for it. */
  readonly copy?: true;
}

/**
 * Undefined where nothing of this kind is to be sent.
 * @throws RangeError that names the variable, and says how it is written
 */
export function destinationOf(variables: Variables, signal: Signal): Destination | undefined {
  const exporters = variables.choices(`OTEL_${signal}_EXPORTER`, exportersOf(signal));
  const own = `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
  const given = variables.first([own, "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  if (exporters ? !exporters.includes("otlp") : given === undefined) return undefined;
  const both = (name: string): string[] => [
    `OTEL_EXPORTER_OTLP_${signal}_${name}`,
    `OTEL_EXPORTER_OTLP_${name}`,
  ];
  const named = (name: string): string => variables.first(both(name))?.name ?? `OTEL_EXPORTER_OTLP_${name}`;
  const protocol = variables.choice(named("PROTOCOL"), protocols, "http/protobuf");
  variables.choice(named("COMPRESSION"), ["none", "gzip"], "none");
  for (const name of ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"]) readable(variables, named(name));
  const timeoutMs = variables.whole(named("TIMEOUT"), 10_000);
  if (protocol === "grpc") {
    const insecure = variables.first(both("INSECURE"))?.text.toLowerCase() === "true";
    return { url: targetOf(given, insecure), protocol, timeoutMs };
  }
  const { name, text } = given ?? { name: own, text: "http://localhost:4318" };
  const url = name === own && given ? text : `${text.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;
  if (!isHttp(url)) throw new RangeError(`${name} is "${text}", which is no http or https URL`);
  return { url, protocol, timeoutMs };
}

/**
 * Where the same goes besides: `kerf dev` sets it where the user's telemetry goes elsewhere, so that its dashboard has it too.
 * @throws RangeError where it is no URL
 */
export function copyOf(variables: Variables, signal: "TRACES" | "METRICS"): Destination | undefined {
  const text = variables.text("KERF_DASHBOARD_OTLP");
  const exporters = variables.choices(`OTEL_${signal}_EXPORTER`, exportersOf(signal));
  if (text === undefined || (exporters && !exporters.includes("otlp"))) return undefined;
  if (!isHttp(text)) throw new RangeError(`KERF_DASHBOARD_OTLP is "${text}", which is no http or https URL`);
  return {
    url: `${text}/v1/${signal.toLowerCase()}`,
    protocol: "http/protobuf",
    timeoutMs: 10_000,
    copy: true,
  };
}

/** `/metrics` is always there: who asks for Prometheus has it. */
function exportersOf(signal: Signal): readonly ("otlp" | "none" | "prometheus")[] {
  return signal === "METRICS" ? ["otlp", "prometheus", "none"] : ["otlp", "none"];
}

/** Where a target has no scheme, `…_INSECURE` says whether it is encrypted: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function targetOf(
  given: { readonly name: string; readonly text: string } | undefined,
  insecure: boolean,
): string {
  if (given === undefined) return "http://localhost:4317";
  const { name, text } = given;
  const url = /^[a-z]+:\/\//i.test(text) ? text : `${insecure ? "http" : "https"}://${text}`;
  if (!isHttp(url))
    throw new RangeError(`${name} is "${text}"; for gRPC it is http://host:port or https://host:port`);
  return url;
}

function isHttp(url: string): boolean {
  return /^https?:$/.test(URL.parse(url)?.protocol ?? "");
}

/** A certificate that cannot be read would be left out, and the connection fail, or be less safe than it was meant to be. */
function readable(variables: Variables, name: string): void {
  const path = variables.text(name);
  if (path === undefined) return;
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new RangeError(`${name} is "${path}", a file that cannot be read`);
  }
}
