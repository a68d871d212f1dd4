import { metrics, series } from "../watched/metrics.ts";
import { placed, prometheus, type Panel, type PanelDraft } from "./panel.ts";

/** @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly [more: string]: unknown;
}

export interface DashboardDraft {
  /** `"services"`: the last part of its uid. */
  readonly name: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly PanelDraft[];
}

export interface Variable {
  readonly name: string;
  readonly type: "datasource" | "query";
  readonly [more: string]: unknown;
}

export function dashboardOf(app: string, draft: DashboardDraft, description: string): Dashboard {
  const { name, title, variables, panels } = draft;
  return {
    uid: uidOf(app, name),
    title: `${app}: ${title}`,
    description,
    tags: ["kerf", app],
    editable: false,
    graphTooltip: 1,
    refresh: "30s",
    schemaVersion: 39,
    time: { from: "now-1h", to: "now" },
    timezone: "",
    links: [
      {
        type: "dashboards",
        title: app,
        tags: ["kerf", app],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        icon: "external link",
        tooltip: "",
        url: "",
      },
    ],
    annotations: { list: [] },
    templating: { list: [...sources, ...variables] },
    panels: placed(panels),
  };
}

/** Grafana takes 40 characters. */
export function uidOf(app: string, name: string): string {
  return `kerf-${app.slice(0, 25)}-${name}`;
}

/** Whoever has several is asked which; traces are looked at in the one that there is. */
const sources: readonly Variable[] = [
  ["datasource", "Metrics", "prometheus"],
  ["tempo", "Traces (Tempo)", "tempo"],
  ["jaeger", "Traces (Jaeger)", "jaeger"],
].map(([name, label, query]) => ({ name: name!, label, type: "datasource", query, hide: 0 }));

/** A choice of the values of a label, or of all of them. */
export function choice(name: string, label: string, metric: string, ofLabel: string): Variable {
  const query = `label_values(${metric}, ${ofLabel})`;
  return {
    name,
    label,
    type: "query",
    datasource: prometheus,
    query: { query, refId: name },
    includeAll: true,
    multi: true,
    allValue: ".+",
    current: { text: ["All"], value: ["$__all"] },
    refresh: 2,
    sort: 1,
  };
}

/** Of services with a database. */
export function storedServices(app: string): Variable {
  return choice("service", "Service", series(metrics.unsent, `job="${app}"`), "service");
}
