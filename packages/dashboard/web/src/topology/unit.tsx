import type { ComponentChildren } from "preact";
import type { ProcessState, ProcessView, UnitView } from "../../../src/api/index.ts";
import { bytes, count, duration } from "../format.ts";
import { Badge, ServiceName, type Mood } from "../parts/text.tsx";
import { Drain } from "./drain.tsx";
import { Restart } from "./restart.tsx";

const MOODS: { readonly [state in ProcessState]: Mood } = {
  starting: "busy",
  ready: "good",
  draining: "busy",
  drained: "warn",
  stopping: "warn",
  waiting: "warn",
  broken: "bad",
  ended: "plain",
};

/** A unit: a row for each of its processes, the first of which tells what it is. */
export function Unit({ unit }: { unit: UnitView }) {
  return (
    <tbody aria-label={unit.name}>
      {unit.processes.map((process, index) => (
        <Process key={process.name} process={process} unit={index === 0 ? unit : null} />
      ))}
    </tbody>
  );
}

function Process({ process, unit }: { process: ProcessView; unit: UnitView | null }) {
  return (
    <tr>
      <td class="one-line">
        {process.name} <span class="faint extra">{process.pid !== null && `pid ${process.pid}`}</span>
      </td>
      <td>{unit && <Services unit={unit} />}</td>
      <td>
        <Badge mood={MOODS[process.state]}>{process.state}</Badge>
      </td>
      <td class="num">
        {process.cpu === null ? "–" : <Share part={process.cpu}>{Math.round(process.cpu * 100)} %</Share>}
      </td>
      <td class="num">{bytes(process.memoryBytes)}</td>
      <td class="num soft extra">{duration(process.upMs)}</td>
      <td class={process.restarts > 0 ? "num extra bad" : "num extra soft"}>{count(process.restarts)}</td>
      <td class="num mono soft extra-soon">{process.address ?? "–"}</td>
      <td class="num">
        <span class="process-actions">
          <Restart process={process} />
          {unit && <Drain unit={unit} />}
        </span>
      </td>
    </tr>
  );
}

function Services({ unit }: { unit: UnitView }) {
  return (
    <span class="marks">
      {unit.gateway && <Badge mood="busy">gateway</Badge>}
      {unit.services.map((service) => (
        <a key={service} href={`/services/${encodeURIComponent(service)}`}>
          <ServiceName name={service} />
        </a>
      ))}
    </span>
  );
}

/** Of one core. */
function Share({ part, children }: { part: number; children: ComponentChildren }) {
  return (
    <span class="share">
      <i style={{ width: `${Math.min(1, part) * 60}px` }} />
      {children}
    </span>
  );
}
