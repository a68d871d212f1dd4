import { useMemo } from "preact/hooks";
import type { TraceView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { count, duration } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { ServiceName } from "../parts/text.tsx";
import { Ready } from "../parts/view.tsx";
import { compared, type Pair } from "./compared.ts";

/** Two traces beside each other: the same work summed, what differs most first. */
export function Compare({ trace, otherId }: { trace: TraceView; otherId: string }) {
  const other = useLoaded<TraceView>(apiPath(`/traces/${encodeURIComponent(otherId)}`));
  return (
    <div class="view-body bare">
      <Ready of={other}>{(value) => <Table left={trace} right={value} />}</Ready>
    </div>
  );
}

function Table({ left, right }: { left: TraceView; right: TraceView }) {
  const pairs = useMemo(() => compared(left, right), [left, right]);
  const most = Math.max(...pairs.map(({ leftMs, rightMs }) => Math.abs(rightMs - leftMs)), 0.001);
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Time of its own, by what did it</th>
          <th class="num">This trace</th>
          <th class="num">
            <a href={`/traces/${right.traceId}`}>The other</a>
          </th>
          <th class="num">Difference</th>
          <th class="extra">
            <span class="visually-hidden">Difference as a bar</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <tr class="total">
          <td>Whole trace</td>
          <td class="num">{duration(left.durationMs)}</td>
          <td class="num">{duration(right.durationMs)}</td>
          <td class="num">{signed(right.durationMs - left.durationMs)}</td>
          <td class="extra" />
        </tr>
        {pairs.map((pair) => (
          <Row key={`${pair.service} ${pair.name}`} pair={pair} most={most} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ pair, most }: { pair: Pair; most: number }) {
  const difference = pair.rightMs - pair.leftMs;
  const width = `${(Math.abs(difference) / most) * 50}%`;
  return (
    <tr>
      <td>
        <ServiceName name={pair.service} /> {pair.name}
      </td>
      <Side ms={pair.leftMs} spans={pair.leftSpans} errors={pair.leftErrors} />
      <Side ms={pair.rightMs} spans={pair.rightSpans} errors={pair.rightErrors} />
      <td class="num">{signed(difference)}</td>
      <td class="difference extra">
        <span
          data-slower={difference > 0}
          style={difference > 0 ? { left: "50%", width } : { right: "50%", width }}
        />
      </td>
    </tr>
  );
}

function Side({ ms, spans, errors }: { ms: number; spans: number; errors: number }) {
  if (spans === 0) return <td class="num faint">not there</td>;
  return (
    <td class={errors > 0 ? "num bad" : "num"}>
      {spans > 1 && <span class="faint extra">{count(spans)} × </span>}
      {duration(ms)}
    </td>
  );
}

function signed(ms: number): string {
  if (Math.abs(ms) < 0.001) return "same";
  return `${ms > 0 ? "+" : "−"}${duration(Math.abs(ms))}`;
}
