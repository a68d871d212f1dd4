import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ExportedFile } from "../src/exports/file.ts";
import { runOn } from "./prometheus-tools.ts";

const python = fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));
const reader = fileURLToPath(new URL("grafana_dashboards.py", import.meta.url));

/** Whether its tests are left out: `sh scripts/python.sh` fetches it. In CI they are not: they fail. */
export const withoutGrafanaSdk =
  process.env["CI"] !== "true" &&
  spawnSync(python, ["-c", "import grafana_foundation_sdk"], { stdio: "ignore" }).status !== 0;

/** What Grafana's own SDK does not know of dashboards, as `shop-edges.json.panels[0].type: …`. */
export function refusedByGrafana(dashboards: readonly ExportedFile[]): readonly string[] {
  const { status, said } = runOn(dashboards, python, [reader, ...dashboards.map(({ name }) => name)]);
  if (status !== 0) throw new Error(`${reader} failed:\n${said}`);
  return said.split("\n").filter(Boolean).toSorted();
}
