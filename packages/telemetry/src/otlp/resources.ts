import { resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import type { Identity } from "../identity.ts";
import { resourceAttributes } from "./resource-attributes.ts";

/** Says of each service where it runs. */
export class Resources {
  readonly #known = new Map<string, Resource>();
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  of(service: string): Resource {
    let resource = this.#known.get(service);
    if (!resource)
      this.#known.set(
        service,
        (resource = resourceFromAttributes(resourceAttributes(this.#identity, service))),
      );
    return resource;
  }
}
