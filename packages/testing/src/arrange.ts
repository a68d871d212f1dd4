import { app as declareApp, type App, type ServiceDefinition, type Topology } from "kerf";
import { loadGraph, type Graph } from "@kerf/runtime";
import { fake } from "./fake.ts";

/** What a test runs of an application. */
export interface Arrangement {
  /** Of the databases, so that tests do not meet. */
  readonly name: string;
  /** The services to run for real; all where absent. */
  readonly run?: readonly string[] | undefined;
  readonly fakes?: readonly ServiceDefinition[] | undefined;
  /** A declared topology, or "micro" for each service in a unit of its own; all in one unit where absent. */
  readonly topology?: string | undefined;
}

/** Puts the wanted services and stand-ins into an app of its own. */
export async function arrange(app: App, wanted: Arrangement): Promise<{ graph: Graph; topology: Topology }> {
  const run = wanted.run ?? Object.keys(app.services);
  for (const name of run) {
    if (!app.services[name])
      throw new Error(`the app has no service ${name}: it has ${Object.keys(app.services).join(", ")}`);
  }
  const fakes = new Map((wanted.fakes ?? []).map((f) => [f.name, f]));
  const services: Record<string, () => Promise<{ default: ServiceDefinition }>> = {};
  for (const [name, load] of Object.entries(app.services)) {
    const stand = fakes.get(name);
    if (stand) services[name] = async () => ({ default: stand });
    else if (run.includes(name)) services[name] = load;
    else {
      services[name] = async () => {
        const { contract, older } = (await load()).default;
        return { default: { ...fake(contract, {}), older } };
      };
    }
  }
  const made = declareApp(wanted.name, { services, topologies: { test: unitsOf(app, wanted.topology) } });
  const topology = made.topologies.get("test")!;
  const hosting = { ...topology, units: topology.units.filter((unit) => unit.services.length > 0) };
  return { graph: await loadGraph(made), topology: hosting };
}

function unitsOf(app: App, topology: string | undefined) {
  if (topology === undefined) return { all: "*" } as const;
  const declared = app.topologies.get(topology);
  if (!declared && topology === "monolith") return { all: "*" } as const;
  if (!declared && topology !== "micro") {
    throw new Error(`the app has no topology ${topology}: it has ${[...app.topologies.keys()].join(", ")}`);
  }
  if (!declared) return "each" as const;
  return Object.fromEntries(
    declared.units.filter((unit) => unit.services.length > 0).map((unit) => [unit.name, unit.services]),
  );
}
