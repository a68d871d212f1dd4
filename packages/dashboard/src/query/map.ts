import type { EdgeKind, MapEdge, MapNode, MapView, NodeKind, StreamTraffic } from "../api/index.ts";
import type { Application } from "../application.ts";
import type { StreamRow } from "./streams.ts";
import { noTraffic, TrafficSum, type FlowRow } from "./traffic.ts";

const MOST_MEMBERS = 50;
const GATEWAY = "gateway";
/** Who calls by hand, past the gateway. */
const OPERATOR = "operator";
const CLIENTS = "clients";

interface EdgeSum {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly locals: Set<number>;
  readonly sum: TrafficSum;
  readonly members: Map<string, TrafficSum>;
  readonly streams: StreamRow[];
  asked: number;
  askedBytes: number;
  replied: number;
  repliedBytes: number;
}

/** Who talks to whom: what was seen in the window, and what the declarations allow. Events go by way of the broker. */
export function mapOf(
  application: Application,
  flows: readonly FlowRow[],
  streams: readonly StreamRow[],
  windowMs: number,
): MapView {
  const nodes = new Map<string, { kind: NodeKind; name: string; unit: string | null; sum: TrafficSum }>();
  const found = new Map<string, EdgeSum>();
  const unitOf = new Map(application.services.map(({ name, unit }) => [name, unit]));
  const foreign = new Set(application.foreign);

  function node(kind: NodeKind, name: string): string {
    const only = kind === "gateway" || kind === "broker" || (kind === "client" && name === CLIENTS);
    const id = only ? kind : `${kind}:${name}`;
    const unit = kind === "gateway" ? application.gatewayUnit : kind === "service" ? unitOf.get(name) : null;
    if (!nodes.has(id)) nodes.set(id, { kind, name, unit: unit ?? null, sum: new TrafficSum() });
    return id;
  }
  const asker = (name: string): string => {
    if (name === "") return node("client", CLIENTS);
    return name === OPERATOR && !unitOf.has(name) ? node("client", name) : answerer(name);
  };
  const answerer = (name: string): string =>
    name === GATEWAY ? node("gateway", GATEWAY) : node(foreign.has(name) ? "foreign" : "service", name);
  const broker = (): string => node("broker", "broker");

  function edge(from: string, to: string, kind: EdgeKind): EdgeSum {
    const key = `${from} ${to} ${kind}`;
    let sum = found.get(key);
    if (!sum) {
      const none = { asked: 0, askedBytes: 0, replied: 0, repliedBytes: 0 };
      sum = {
        from,
        to,
        kind,
        locals: new Set(),
        sum: new TrafficSum(),
        members: new Map(),
        streams: [],
        ...none,
      };
      found.set(key, sum);
    }
    return sum;
  }

  for (const { name, database } of application.services) {
    answerer(name);
    if (database) edge(answerer(name), node("database", name), "query");
  }
  for (const { from, to, kind } of application.edges) {
    if (kind === "call") edge(answerer(from), answerer(to), "call");
    else {
      edge(answerer(from), broker(), "event");
      edge(broker(), answerer(to), "event");
    }
  }
  for (const flow of flows) {
    const way = wayOf(flow);
    if (!way) continue;
    const { from, to, kind } = way;
    const sum = edge(from, to, kind);
    sum.locals.add(flow.local);
    sum.sum.add(flow);
    nodes.get(to)!.sum.add(flow);
    let member = sum.members.get(flow.member);
    if (!member) sum.members.set(flow.member, (member = new TrafficSum()));
    member.add(flow);
    sum.asked += flow.asked;
    sum.askedBytes += flow.askedBytes;
    sum.replied += flow.replied;
    sum.repliedBytes += flow.repliedBytes;
  }

  for (const row of streams) {
    const sum = edge(asker(row.source), answerer(row.target), "call");
    sum.locals.add(row.local);
    sum.streams.push(row);
  }

  function wayOf({
    kind,
    source,
    target,
  }: FlowRow): { from: string; to: string; kind: EdgeKind } | undefined {
    switch (kind) {
      case "enter":
        return { from: asker(""), to: answerer(target), kind: "call" };
      case "call":
        return { from: asker(source), to: answerer(target), kind };
      case "query":
        return { from: asker(source), to: node("database", source), kind };
      case "foreign":
        return { from: asker(source), to: node("foreign", target), kind: "call" };
      case "publish":
        return { from: asker(source), to: broker(), kind: "event" };
      case "deliver":
        return { from: broker(), to: answerer(target), kind: "event" };
      case "serve":
        // The caller tells the same, and knows how long it waited.
        return undefined;
    }
  }

  return {
    windowMs,
    nodes: [...nodes].map(([id, { kind, name, unit, sum }]): MapNode => ({
      id,
      kind,
      name,
      unit,
      traffic: sum.over(windowMs),
    })),
    edges: [...found.values()].map((sum) => viewOf(sum, windowMs)),
  };
}

function viewOf(
  { from, to, kind, locals, sum, members, streams, ...bytes }: EdgeSum,
  windowMs: number,
): MapEdge {
  const one = locals.size === 1 ? [...locals][0] : undefined;
  return {
    from,
    to,
    kind,
    local: one === 1 ? true : one === 0 ? false : null,
    seen: sum.count > 0 || streams.length > 0,
    traffic: sum.count > 0 ? sum.over(windowMs) : noTraffic,
    streams: streams.length > 0 ? streamTraffic(streams, windowMs) : null,
    requestBytes: bytes.asked > 0 ? bytes.askedBytes / bytes.asked : null,
    replyBytes: bytes.replied > 0 ? bytes.repliedBytes / bytes.replied : null,
    members: [...members]
      .map(([name, member]) => ({ name, traffic: member.over(windowMs) }))
      .toSorted((a, b) => b.traffic.count - a.traffic.count)
      .slice(0, MOST_MEMBERS),
  };
}

function streamTraffic(rows: readonly StreamRow[], windowMs: number): StreamTraffic {
  const all = (what: "open" | "ended" | "errors" | "refused" | "messages"): number =>
    rows.reduce((sum, row) => sum + row[what], 0);
  const messages = all("messages");
  return {
    open: all("open"),
    ended: all("ended"),
    errors: all("errors"),
    refused: all("refused"),
    messages,
    messagesPerSecond: messages / (windowMs / 1_000),
    members: [...new Set(rows.map(({ member }) => member))].slice(0, MOST_MEMBERS),
  };
}
