import type { Identity } from "../identity.ts";
import { SCOPE } from "./scope.ts";

/** What is told of a service, and where it runs: https://opentelemetry.io/docs/specs/semconv/resource/ */
export function resourceAttributes(
  { app, unit, topology, replica, attributes, serviceName }: Identity,
  service: string,
): Record<string, string> {
  return {
    ...attributes,
    "service.name": serviceName === undefined ? service : serviceName,
    "service.namespace": attributes["service.namespace"] ?? app,
    "service.instance.id": replica,
    "kerf.app": app,
    "kerf.unit": unit,
    "kerf.topology": topology,
    ...(serviceName === undefined ? {} : { "kerf.service": service }),
    "telemetry.sdk.name": SCOPE.name,
    "telemetry.sdk.version": SCOPE.version,
    "telemetry.sdk.language": "nodejs",
  };
}
