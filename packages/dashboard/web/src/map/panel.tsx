import type { MapEdge, MapNode, MapView, Traffic } from "../../../src/api/index.ts";
import { bytes, count, duration, plural, rate, share } from "../format.ts";
import { Aside } from "../parts/aside.tsx";
import { Badge, Facts } from "../parts/text.tsx";
import { setQuery, withQuery } from "../route.ts";
import { edgeId } from "./graph.ts";

const close = () => setQuery({ node: null, edge: null });

/** What is behind the chosen node or edge. */
export function Panel({
  map,
  node,
  edge,
}: {
  map: MapView;
  node: MapNode | undefined;
  edge: MapEdge | undefined;
}) {
  if (edge)
    return (
      <EdgePanel
        key={edgeId(edge)}
        edge={edge}
        nameOf={(id) => map.nodes.find((one) => one.id === id)?.name ?? id}
      />
    );
  return node ? <NodePanel key={node.id} map={map} node={node} /> : null;
}

function NodePanel({ map, node }: { map: MapView; node: MapNode }) {
  const nameOf = (id: string) => map.nodes.find((one) => one.id === id)?.name ?? id;
  const name = encodeURIComponent(node.name);
  return (
    <Aside label={node.name}>
      <Head title={node.name} kind={node.unit === null ? node.kind : `${node.kind} in ${node.unit}`} />
      <Numbers traffic={node.traffic} />
      {node.kind === "service" && (
        <p class="marks">
          <a class="button" href={`/services/${name}`}>
            Contract
          </a>
          <a class="button" href={`/traces?service=${name}`}>
            Traces
          </a>
          <a class="button" href={`/logs?service=${name}`}>
            Logs
          </a>
        </p>
      )}
      <Edges
        title="Called by"
        edges={map.edges.filter(({ from, to }) => to === node.id && from !== to)}
        other={({ from }) => nameOf(from)}
      />
      <Edges
        title="Calls"
        edges={map.edges.filter(({ from }) => from === node.id)}
        other={({ to }) => nameOf(to)}
      />
    </Aside>
  );
}

interface EdgesProps {
  readonly title: string;
  readonly edges: readonly MapEdge[];
  readonly other: (edge: MapEdge) => string;
}

function Edges({ title, edges, other }: EdgesProps) {
  if (edges.length === 0) return null;
  return (
    <section class="section">
      <h3>{title}</h3>
      <ul class="lines">
        {edges.map((edge) => (
          <li key={edgeId(edge)}>
            <a href={withQuery({ edge: edgeId(edge), node: null })}>{other(edge)}</a>{" "}
            {edge.kind !== "call" && <Badge>{edge.kind}</Badge>}
            <span class="push soft">
              {edge.seen
                ? edge.streams && edge.traffic.count === 0
                  ? `${plural(edge.streams.open, "stream")} open`
                  : `${rate(edge.traffic.perSecond)} · p95 ${duration(edge.traffic.p95Ms)}`
                : "nothing in this time"}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function EdgePanel({ edge, nameOf }: { edge: MapEdge; nameOf: (id: string) => string }) {
  const where = edge.local === null ? "" : edge.local ? ", within one process" : ", between processes";
  return (
    <Aside label="Edge">
      <Head title={`${nameOf(edge.from)} → ${nameOf(edge.to)}`} kind={`${KINDS[edge.kind]}${where}`} />
      <Numbers traffic={edge.traffic} />
      <section class="section">
        <Facts
          of={[
            ["Mean request", bytes(edge.requestBytes)],
            ["Mean reply", bytes(edge.replyBytes)],
          ]}
        />
      </section>
      {edge.streams && (
        <section class="section">
          <h3>Streams</h3>
          <Facts
            of={[
              ["Open", count(edge.streams.open)],
              ["Ended", count(edge.streams.ended)],
              [
                "Errors",
                <span class={edge.streams.errors > 0 ? "bad" : ""}>{count(edge.streams.errors)}</span>,
              ],
              ["Refused", count(edge.streams.refused)],
              ["Messages", `${count(edge.streams.messages)}, ${rate(edge.streams.messagesPerSecond)}`],
              ["Members", edge.streams.members.join(", ")],
            ]}
          />
        </section>
      )}
      {edge.members.length > 0 && (
        <section class="section">
          <h3>{edge.kind === "event" ? "Events" : edge.kind === "query" ? "Statements" : "Members"}</h3>
          <ul class="lines">
            {edge.members.map(({ name, traffic }) => (
              <li key={name}>
                {edge.kind === "query" ? (
                  name
                ) : (
                  <a href={`/traces?member=${encodeURIComponent(name)}`}>{name}</a>
                )}{" "}
                {traffic.errors > 0 && <Badge mood="bad">{share(traffic.errors, traffic.count)}</Badge>}
                {traffic.refused > 0 && <Badge>{share(traffic.refused, traffic.count)} refused</Badge>}
                <span class="push soft">
                  {rate(traffic.perSecond)} · p95 {duration(traffic.p95Ms)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Aside>
  );
}

const KINDS = { call: "Calls", query: "Queries", event: "Events" } as const;

function Head({ title, kind }: { title: string; kind: string }) {
  return (
    <div class="aside-head">
      <div>
        <h2>{title}</h2>
        <p class="soft">{kind}</p>
      </div>
      <button type="button" class="button quiet" onClick={close}>
        Close
      </button>
    </div>
  );
}

function Numbers({ traffic }: { traffic: Traffic }) {
  return (
    <section class="section">
      <Facts
        of={[
          ["Rate", rate(traffic.perSecond)],
          ["Count", count(traffic.count)],
          [
            "Errors",
            <span class={traffic.errors > 0 ? "bad" : ""}>{share(traffic.errors, traffic.count)}</span>,
          ],
          ["Refused", share(traffic.refused, traffic.count)],
          ["p50", duration(traffic.p50Ms)],
          ["p95", duration(traffic.p95Ms)],
        ]}
      />
    </section>
  );
}
