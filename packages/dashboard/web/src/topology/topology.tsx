import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ProcessView, RestartRequest, TopologyView, UnitView } from "../../../src/api/index.ts";
import { tell } from "../ask.ts";
import { Drain } from "./drain.tsx";
import { bytes, count, duration } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Badge, ServiceName, type Mood } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";

export function TopologyPage() {
  const topology = useLoaded<TopologyView>("/api/topology", ["topology", "metrics"]);
  const unmeasured = topology.value?.units.some(({ processes }) =>
    processes.some(({ pid, cpu }) => pid !== null && cpu === null),
  );
  useEffect(() => {
    // A share of the processor is that between two looks.
    const timer = unmeasured ? setTimeout(topology.reload, 1_000) : undefined;
    return () => clearTimeout(timer);
  }, [unmeasured, topology.reload]);
  return (
    <View title="Topology" tools={topology.value && <Badge>{topology.value.topology}</Badge>}>
      <div class="view-body">
        <Ready of={topology}>
          {({ units }) => (
            <div class="stack">
              {units.map((unit) => (
                <Unit key={unit.name} unit={unit} />
              ))}
            </div>
          )}
        </Ready>
      </div>
    </View>
  );
}

function Unit({ unit }: { unit: UnitView }) {
  return (
    <section class="card" aria-label={unit.name}>
      <header>
        <h2>{unit.name}</h2>
        {unit.gateway && <Badge mood="busy">gateway</Badge>}
        <span class="marks">
          {unit.services.map((service) => (
            <a key={service} href={`/services/${encodeURIComponent(service)}`}>
              <ServiceName name={service} />
            </a>
          ))}
        </span>
        <span class="push">
          <Drain unit={unit} />
        </span>
      </header>
      <table class="table fixed processes">
        <thead>
          <tr>
            <th>Process</th>
            <th>State</th>
            <th class="num">CPU</th>
            <th class="num">Memory</th>
            <th class="num">Up</th>
            <th class="num">Restarts</th>
            <th class="num">Address</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {unit.processes.map((process) => (
            <Process key={process.name} process={process} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const MOODS: { readonly [state in ProcessView["state"]]: Mood } = {
  starting: "busy",
  ready: "good",
  draining: "busy",
  drained: "warn",
  stopping: "warn",
  waiting: "warn",
  broken: "bad",
  ended: "plain",
};

function Process({ process }: { process: ProcessView }) {
  return (
    <tr>
      <td>
        {process.name} <span class="faint">{process.pid !== null && `pid ${process.pid}`}</span>
      </td>
      <td>
        <Badge mood={MOODS[process.state]}>{process.state}</Badge>
      </td>
      <td class="num">
        {process.cpu === null ? "–" : <Share part={process.cpu}>{Math.round(process.cpu * 100)} %</Share>}
      </td>
      <td class="num">{bytes(process.memoryBytes)}</td>
      <td class="num soft">{duration(process.upMs)}</td>
      <td class={process.restarts > 0 ? "num bad" : "num soft"}>{count(process.restarts)}</td>
      <td class="num mono soft">{process.address ?? "–"}</td>
      <td class="num">
        <Restart process={process} />
      </td>
    </tr>
  );
}

/** Of one core. */
function Share({ part, children }: { part: number; children: ComponentChildren }) {
  return (
    <span class="share">
      <i style={{ width: `${Math.min(1, part) * 100}%` }} />
      {children}
    </span>
  );
}

function Restart({ process }: { process: ProcessView }) {
  const [error, setError] = useState<string | null>(null);
  const restart = () => {
    setError(null);
    tell("/api/topology/restart", { process: process.name } satisfies RestartRequest).catch(
      (problem: Error) => setError(problem.message),
    );
  };
  return (
    <>
      {error && <span class="bad">{error} </span>}
      <button
        type="button"
        class="button"
        disabled={process.state !== "ready" && process.state !== "drained"}
        title="It finishes what is in flight, ends, and is started again"
        onClick={restart}
      >
        Restart
      </button>
    </>
  );
}
