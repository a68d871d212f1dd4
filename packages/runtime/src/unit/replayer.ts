import { StatusError, type ServiceDefinition } from "kerf";
import { LeftOut } from "../call/left-out.ts";
import { processClock } from "../clock/process-clock.ts";
import { ReplayError } from "../events/replay/errors.ts";
import type { ReplayEnd, ReplayOptions } from "../events/replay/options.ts";
import { abandonReplay, replay } from "../events/replay/replay.ts";
import { postgresReplay } from "../journal/postgres-replay.ts";
import { postgresBacking } from "./databases.ts";
import type { UnitOptions } from "./options.ts";
import { UnitStreams } from "../stream/unit-streams.ts";
import { portOf } from "./port.ts";

export interface ReplayerOptions extends Pick<UnitOptions, "graph" | "server" | "log" | "settings"> {
  readonly service: string;
}

/** Replays events to one service, from any process that reaches its database and the broker's. */
export interface Replayer {
  /** @throws ReplayError with what to do */
  replay(
    what: Pick<ReplayOptions, "since" | "event" | "rate" | "signal" | "onProgress" | "leaseMs">,
  ): Promise<ReplayEnd>;
  /** Drops an unfinished replay. @throws ReplayError where there is none, or somebody works on it */
  abandon(): Promise<{ readonly events: readonly string[] }>;
  close(): Promise<void>;
}

/** Opens the databases that a replay needs. Starts nothing of the service: its units go on elsewhere. */
export async function openReplayer(options: ReplayerOptions): Promise<Replayer> {
  const { graph, service } = options;
  const definition = graph.services.get(service)!.definition;
  if (!definition.needs.database)
    throw new ReplayError(`${service} has no database, and so no reactions`, "choose a service that has");
  const unit = { name: "replay", services: [service], gateway: false };
  const unitOptions: UnitOptions = {
    ...options,
    unit,
    topology: { name: "replay", units: [unit] },
    endpoints: new Map(),
    listen: undefined,
  };
  const backing = await postgresBacking(unitOptions, [definition], 30_000);
  try {
    await backing.prepare();
    const port = portOfReplay(unitOptions, definition, backing);
    const broker = backing.broker!;
    return {
      replay: (what) => replay({ ...what, port, broker, journal: postgresReplay }),
      abandon: () => abandonReplay(port, postgresReplay),
      close: () => backing.close(),
    };
  } catch (error) {
    await backing.close();
    throw error;
  }
}

function portOfReplay(
  options: UnitOptions,
  definition: ServiceDefinition,
  backing: Awaited<ReturnType<typeof postgresBacking>>,
) {
  return portOf({
    options,
    definition,
    clock: options.clock ?? processClock,
    storage: backing.storage(definition.name),
    leftOut: new LeftOut(),
    calls: {
      call: () => Promise.reject(new StatusError("INTERNAL", "a replay calls nobody")),
      callUnit: () => Promise.reject(new StatusError("INTERNAL", "a replay calls nobody")),
      addressOf: () => Promise.reject(new StatusError("INTERNAL", "a replay calls nobody")),
      close: () => {},
    },
    // It answers no calls either.
    streams: new UnitStreams(processClock, () => false).portOf(definition, undefined),
    sizes: { refuseLarge: () => {}, bounded: (error) => error },
    worker: "replay",
    urls: backing.urls,
    host: () => undefined,
    caching: undefined,
  });
}
