import type { ServiceList, ServiceRow, ServiceView } from "../api/index.ts";
import type { Application, ServiceFacts } from "../application.ts";
import { noTraffic, sumsBy, type FlowRow } from "./traffic.ts";

export function servicesOf(
  application: Application,
  flows: readonly FlowRow[],
  windowMs: number,
): ServiceList {
  const known = application.services.map((facts) => rowOf(application, facts, flows, windowMs));
  const names = new Set(known.map(({ name }) => name));
  // Others that send telemetry, and that no declaration knows.
  const others = [
    ...new Set(
      flows.filter(({ kind }) => kind === "serve" || kind === "deliver").map(({ target }) => target),
    ),
  ]
    .filter((name) => !names.has(name))
    .map((name) => {
      const facts = { name, unit: null, contracts: [], database: false, members: [], reactsTo: [] };
      return rowOf(application, facts, flows, windowMs);
    });
  return { windowMs, services: [...known, ...others] };
}

export function serviceOf(
  application: Application,
  name: string,
  flows: readonly FlowRow[],
  windowMs: number,
): ServiceView | undefined {
  const facts = application.services.find((one) => one.name === name);
  if (!facts) return undefined;
  const served = sumsBy(flows, ({ kind, target, member }) =>
    kind === "serve" && target === name ? member : undefined,
  );
  const published = sumsBy(flows, ({ kind, source, member }) =>
    kind === "publish" && source === name ? member : undefined,
  );
  const callers = sumsBy(flows, ({ kind, source, target, member }) =>
    kind === "serve" && target === name
      ? `${member} ${source}`
      : kind === "deliver" && source === name
        ? `${member} ${target}`
        : undefined,
  );
  return {
    ...rowOf(application, facts, flows, windowMs),
    windowMs,
    members: facts.members.map((member) => ({
      ...member,
      traffic: (member.kind === "event" ? published : served).get(member.id)?.over(windowMs) ?? noTraffic,
      callers: [...callers]
        .filter(([key]) => key.startsWith(`${member.id} `))
        .map(([key, sum]) => ({ name: key.slice(member.id.length + 1), traffic: sum.over(windowMs) })),
    })),
  };
}

function rowOf(
  application: Application,
  facts: ServiceFacts,
  flows: readonly FlowRow[],
  windowMs: number,
): ServiceRow {
  const { name, contracts, unit, database } = facts;
  const [traffic] = sumsBy(flows, ({ kind, target }) =>
    (kind === "serve" || kind === "deliver") && target === name ? name : undefined,
  ).values();
  const seen = flows.filter(({ kind }) => kind === "serve");
  const callers = [
    ...application.edges.filter(({ kind, to }) => kind === "call" && to === name).map(({ from }) => from),
    ...seen.filter(({ target, source }) => target === name && source !== "").map(({ source }) => source),
  ];
  const uses = application.edges
    .filter(({ kind, from }) => kind === "call" && from === name)
    .map(({ to }) => to);
  return {
    name,
    contracts,
    unit,
    database,
    callers: [...new Set(callers)],
    uses: [...new Set(uses)],
    traffic: traffic?.over(windowMs) ?? noTraffic,
  };
}
