import { uidOf } from "./dashboard.ts";
import type { DataLink } from "./panel.ts";

/** From a series of a member to who calls it. */
export function toEdges(app: string): DataLink {
  return {
    title: "Who calls it",
    url: `/d/${uidOf(app, "edges")}?\${__url_time_range}&var-callee=\${__field.labels.kerf_callee}`,
  };
}

/** From an edge to the service that is called. */
export function toService(app: string): DataLink {
  return {
    title: "The service",
    url: `/d/${uidOf(app, "services")}?\${__url_time_range}&var-service=\${__field.labels.kerf_callee}`,
  };
}

/** From a series to the traces of its service at that time, in either of the two. */
export const toTraces: readonly DataLink[] = [
  {
    title: "Traces in Tempo",
    url: explore("tempo", {
      queryType: "traceql",
      query: '{resource.service.name="${__field.labels.kerf_callee}"}',
    }),
  },
  {
    title: "Traces in Jaeger",
    url: explore("jaeger", { queryType: "search", service: "${__field.labels.kerf_callee}" }),
  },
];

/** Variables stay as they are, for Grafana to fill in; all else is escaped. */
function explore(type: "tempo" | "jaeger", query: object): string {
  const datasource = { type, uid: `\${${type}}` };
  const panes = JSON.stringify({
    kerf: {
      datasource: datasource.uid,
      queries: [{ refId: "A", datasource, ...query }],
      range: { from: "${__from}", to: "${__to}" },
    },
  });
  const escaped = panes
    .split(/(\$\{[^}]+\})/)
    .map((part, i) => (i % 2 === 1 ? part : encodeURIComponent(part)))
    .join("");
  return `/explore?schemaVersion=1&panes=${escaped}`;
}
