import { basename, dirname, sep } from "node:path";
import type { Topology } from "kerf";
import type { Configuration } from "../configuration.ts";
import { importedBy, importsOf } from "./imports.ts";

const CONTRACT = "contract.ts";

/**
 * The units that have to restart because `file` changed: those that run a service whose folder holds it or whose code
 * imports it; for a contract, the gateway's too; for what kerf.config.ts itself imports, "all".
 */
export function unitsOf(file: string, configuration: Configuration, topology: Topology): "all" | Set<string> {
  if (importsOf(configuration.file, { dynamic: false }).has(file)) return "all";
  const units = new Set<string>();
  for (const unit of topology.units) {
    for (const service of unit.services) {
      if (concerns(file, service, configuration)) units.add(unit.name);
    }
  }
  if (isContract(file, configuration)) {
    for (const unit of topology.units) if (unit.gateway) units.add(unit.name);
  }
  return units;
}

function concerns(file: string, service: string, { app, folder }: Configuration): boolean {
  const entry = importedBy(app.services[service]!, folder);
  // Where the file is not to be read from the configuration, any change may be one of it.
  if (entry === undefined) return true;
  const home = dirname(entry);
  if (home !== folder && file.startsWith(home + sep)) return true;
  return importsOf(entry).has(file);
}

/** A contract is also what contracts import: a shape that several share. */
function isContract(file: string, { app, folder }: Configuration): boolean {
  return Object.values(app.services).some((load) => {
    const entry = importedBy(load, folder);
    if (entry === undefined) return basename(file) === CONTRACT;
    return [...importsOf(entry)].some((path) => basename(path) === CONTRACT && importsOf(path).has(file));
  });
}
