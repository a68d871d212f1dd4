import { comments, madeBy, yamlText, type ExportedFile } from "../file.ts";
import type { Watched } from "../watched/watched.ts";
import { alertRules } from "./alerts.ts";
import { recordingRules } from "./recording.ts";

/** Of the first unit; the next has the next. OpenTelemetry's for Prometheus. */
const firstHealthPort = 9_464;
const RECORDING = "recording.rules.yml";
const ALERTS = "alerts.rules.yml";

/** Rules, and a configuration that scrapes one process of each unit on this machine. */
export function prometheusFiles(watched: Watched, runbooks: string): readonly ExportedFile[] {
  const { app, topology } = watched;
  const head = madeBy("prometheus", app);
  return [
    {
      name: "prometheus.yml",
      text: `${comments(
        head,
        "",
        `Processes of the topology "${topology}", each with the KERF_HEALTH_PORT that stands here. It is on loopback; where`,
        "Prometheus is on another machine, KERF_HEALTH_HOST is the address on which it reaches the process, and its target.",
        "Rules take the job to be the name of the application, and the label `unit` of a target for its unit.",
        "Exemplars are kept with --enable-feature=exemplar-storage.",
      )}${yamlText(scraping(watched))}`,
    },
    {
      name: RECORDING,
      text: `${comments(head)}${yamlText({ groups: recordingRules(watched) })}`,
    },
    {
      name: ALERTS,
      text: `${comments(
        head,
        "",
        "severity: page wakes somebody, ticket waits for the morning.",
      )}${yamlText({ groups: alertRules(watched, runbooks) })}`,
    },
  ];
}

/** @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
function scraping({ app, units, topology }: Watched): object {
  return {
    global: { scrape_interval: "15s", evaluation_interval: "15s" },
    rule_files: [RECORDING, ALERTS],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:9093"] }] }] },
    scrape_configs: [
      {
        job_name: app,
        static_configs: units.map((unit, i) => ({
          targets: [`127.0.0.1:${firstHealthPort + i}`],
          labels: { unit, topology },
        })),
      },
    ],
  };
}
