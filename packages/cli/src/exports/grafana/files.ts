import { comments, madeBy, yamlText, type ExportedFile } from "../file.ts";
import type { Watched } from "../watched/watched.ts";
import { dashboardOf } from "./dashboard.ts";
import { edgesDashboard } from "./edges.ts";
import { eventsDashboard } from "./events.ts";
import { runtimeDashboard } from "./runtime.ts";
import { sagasDashboard } from "./sagas.ts";
import { servicesDashboard } from "./services.ts";

/** Dashboards, and what provisions them and their sources. Those of messages only where there are any. */
export function grafanaFiles(watched: Watched): readonly ExportedFile[] {
  const { app, stores, sagas } = watched;
  const head = madeBy("grafana", app);
  const drafts = [
    servicesDashboard(watched),
    edgesDashboard(watched),
    ...(sagas ? [sagasDashboard(watched)] : []),
    ...(stores ? [eventsDashboard(watched)] : []),
    runtimeDashboard(watched),
  ];
  return [
    ...drafts.map((draft) => ({
      name: `${app}-${draft.name}.json`,
      text: `${JSON.stringify(dashboardOf(app, draft, head), undefined, 2)}\n`,
    })),
    {
      name: "dashboards.yml",
      text: `${comments(head, "", "Belongs into provisioning/dashboards/; the dashboards into the folder that it names.")}${yamlText(
        {
          apiVersion: 1,
          providers: [
            { name: app, folder: app, type: "file", options: { path: `/var/lib/grafana/dashboards/${app}` } },
          ],
        },
      )}`,
    },
    {
      name: "datasources.yml",
      text: `${comments(
        head,
        "",
        "Belongs into provisioning/datasources/. PROMETHEUS_URL and TRACES_URL are of Grafana's environment;",
        "for Jaeger write `type: jaeger`. A dot of a chart that names a trace leads there.",
      )}${yamlText(sourcesOf(app))}`,
    },
  ];
}

/** @see https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/ */
function sourcesOf(app: string): object {
  const traces = `kerf-${app.slice(0, 25)}-traces`;
  return {
    apiVersion: 1,
    datasources: [
      {
        name: `${app} metrics`,
        type: "prometheus",
        access: "proxy",
        url: "$PROMETHEUS_URL",
        jsonData: {
          httpMethod: "POST",
          timeInterval: "15s",
          exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: traces }],
        },
      },
      { name: `${app} traces`, uid: traces, type: "tempo", access: "proxy", url: "$TRACES_URL" },
    ],
  };
}
