import type { Topology, Unit } from "kerf";

/** One process of a session: a replica of a unit. */
export interface ReplicaSpec {
  /** The unit's name, with `/2` and so on where it is not the first replica. */
  readonly name: string;
  readonly unit: Unit;
  /** 1 holds the gateway's port, where the unit has the gateway. */
  readonly replica: number;
}

/** The processes of a topology. A unit that is nothing but the gateway has one: nobody would ask the others. */
export function processesOf(topology: Topology, replicas: number): ReplicaSpec[] {
  return topology.units.flatMap((unit) =>
    Array.from({ length: unit.services.length > 0 ? replicas : 1 }, (_, i) => ({
      name: i === 0 ? unit.name : `${unit.name}/${i + 1}`,
      unit,
      replica: i + 1,
    })),
  );
}
