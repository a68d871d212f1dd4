import {
  describe,
  sagaFacts,
  serviceNameOf,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type AnySaga,
} from "kerf";
import type { Caching } from "../cache/index.ts";
import { asGiven } from "../call/baggage.ts";
import type { LeftOut } from "../call/left-out.ts";
import type { Clock } from "../clock/clock.ts";
import type { Router } from "../call/router.ts";
import type { ServiceHost } from "../service/host.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import type { StreamPort } from "../stream/port.ts";
import { databaseSettings, readSettings } from "../service/settings.ts";
import { statementsOf } from "../telemetry/statements.ts";
import { compileValidator, type Validator } from "../validate/index.ts";
import { olderEvents } from "../service/older-events.ts";
import { cached } from "./cached.ts";
import type { UnitOptions } from "./options.ts";

/** Gives a service what its handlers run on. */
export function portOf(parts: {
  readonly options: UnitOptions;
  readonly definition: ServicePort["definition"];
  readonly storage: Storage | undefined;
  readonly clock: Clock;
  readonly calls: Router;
  readonly sizes: ServicePort["sizes"];
  readonly streams: StreamPort;
  readonly leftOut: LeftOut;
  readonly worker: string;
  readonly urls: ReadonlyMap<string, string>;
  readonly host: () => ServiceHost | undefined;
  readonly caching: Caching | undefined;
}): ServicePort {
  const { options, definition, clock, storage, calls, caching } = parts;
  const given = Object.fromEntries(
    databaseSettings(definition.needs).flatMap(({ field }) => {
      const url = parts.urls.get(`${definition.name}.${field}`);
      return url === undefined ? [] : [[field, url]];
    }),
  );
  const baggage = options.telemetry?.baggage ?? asGiven;
  const log = options.log.child({ service: definition.name });
  const validatorOf = cached((of: AnyEvent | AnyQuery | AnyCommand | AnySaga): Validator => {
    const schema = "kind" in of ? (of.kind === "event" ? of.data : of.input) : sagaFacts(of).input;
    return compileValidator(schema, { unknownFields: "drop", enums: "exact" });
  });
  return {
    definition,
    clock,
    storage,
    settings: readSettings(definition.name, definition.needs, options.settings, given),
    sizes: parts.sizes,
    streams: parts.streams,
    leftOut: parts.leftOut,
    outbound: (member, input, header, signal, now) =>
      calls.call(member, { member: member.id, input, header }, signal, now),
    effects: {
      clock,
      service: definition.name,
      uses: new Set(
        (definition.needs.uses ?? [])
          .map((c) => describe(c).id)
          .filter((id) => options.graph.services.get(serviceNameOf(id))?.definition.needs.database),
      ),
      sagas: new Set(definition.sagas.map((s) => s.name)),
      worker: parts.worker,
      validator: validatorOf,
      older: olderEvents(definition.older),
      baggage,
      watches: caching && ((type) => caching.watches(type)),
    },
    log,
    validatorOf,
    committed(what) {
      if (what.facts?.length) caching?.stated(what.facts);
      parts.host()?.committed(what);
    },
    caching,
    baggage,
    telemetry: options.telemetry,
    statements: statementsOf(options.telemetry, definition.name),
    strict: options.settings["NODE_ENV"] !== "production",
  };
}
