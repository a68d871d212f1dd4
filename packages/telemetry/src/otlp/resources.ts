import { resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import type { Identity } from "../identity.ts";
import { SCOPE } from "./scope.ts";

/** Says of each service where it runs. */
export class Resources {
  readonly #known = new Map<string, Resource>();
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  of(service: string): Resource {
    let resource = this.#known.get(service);
    if (!resource) this.#known.set(service, (resource = resourceFromAttributes(this.#attributes(service))));
    return resource;
  }

  #attributes(service: string): Record<string, string> {
    const { app, unit, topology, replica, attributes, serviceName } = this.#identity;
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
}
