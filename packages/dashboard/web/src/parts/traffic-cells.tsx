import type { Traffic } from "../../../src/api/index.ts";
import { count, duration, rate, share } from "../format.ts";

/** Heads of the columns of {@link TrafficCells}; `first` says what the first of them counts. */
export function TrafficHeads({ first }: { first: string }) {
  return (
    <>
      <th class="num">{first}</th>
      <th class="num">Errors</th>
      <th class="num extra">Refused</th>
      <th class="num extra">p50</th>
      <th class="num">p95</th>
    </>
  );
}

interface Props {
  readonly traffic: Traffic;
  readonly as: "count" | "rate";
}

/** How much, how much of it failed, and how long it took: five cells of a table. */
export function TrafficCells({ traffic, as }: Props) {
  return (
    <>
      <td class="num">{as === "rate" ? rate(traffic.perSecond) : count(traffic.count)}</td>
      <td class={traffic.errors > 0 ? "num bad" : "num soft"}>{share(traffic.errors, traffic.count)}</td>
      <td class="num soft extra">{share(traffic.refused, traffic.count)}</td>
      <td class="num extra">{duration(traffic.p50Ms)}</td>
      <td class="num">{duration(traffic.p95Ms)}</td>
    </>
  );
}
