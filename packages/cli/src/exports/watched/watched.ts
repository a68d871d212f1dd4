import { contractsOf, type Graph } from "@kerf/runtime";
import { failureOf } from "@kerf/runtime/telemetry";
import {
  describe,
  serviceNameOf,
  StatusError,
  statusNumbers,
  type Objective,
  type StatusCode,
  type Topology,
} from "kerf";

/** What a member promises its callers. */
export interface Promised extends Objective {
  /** `"orders@1.place"`. */
  readonly member: string;
  readonly service: string;
  /** Whether it is a stream: those are counted by themselves. */
  readonly stream: boolean;
}

/** What of an application is watched from outside. */
export interface Watched {
  /** Also the `job` of its metrics in Prometheus. */
  readonly app: string;
  /** Each member that has an objective, by name. */
  readonly promised: readonly Promised[];
  /** `error.type` of calls that failed as they should: what contracts declare, and what is the caller's fault. */
  readonly expected: readonly string[];
  /** Whether messages are sent. */
  readonly stores: boolean;
  readonly sagas: boolean;
  /** Whether any member is a stream. */
  readonly streams: boolean;
  /** Of the topology that is run, by name. */
  readonly units: readonly string[];
  readonly topology: string;
}

export function watch(graph: Graph, { name: topology, units }: Topology): Watched {
  const members = contractsOf(graph).flatMap((contract) => [...describe(contract).members.values()]);
  const declared = members.flatMap((member) => (member.kind === "event" ? [] : Object.keys(member.errors)));
  const services = [...graph.services.values()].map(({ definition }) => definition);
  return {
    app: graph.app.name,
    promised: members
      .flatMap((member) =>
        member.kind !== "event" && member.objective
          ? [
              {
                member: member.id,
                service: serviceNameOf(member.id),
                stream: member.kind === "stream",
                ...member.objective,
              },
            ]
          : [],
      )
      .toSorted((a, b) => (a.member < b.member ? -1 : 1)),
    expected: [...new Set([...declared, ...callersFaults()])].toSorted(),
    stores: services.some(({ needs }) => needs.database !== undefined),
    sagas: services.some(({ sagas }) => sagas.length > 0),
    streams: members.some(({ kind }) => kind === "stream"),
    units: units.map((unit) => unit.name).toSorted(),
    topology,
  };
}

function callersFaults(): StatusCode[] {
  const codes = Object.keys(statusNumbers) as StatusCode[];
  return codes.filter((code) => !failureOf(new StatusError(code, "")).fault);
}
