import { readFileSync } from "node:fs";
import type { AppView } from "@kerf/dashboard/api";
import { command, configOption, dataOption, topologyOption } from "../arguments.ts";
import { findConfiguration } from "../configuration.ts";
import { dashboardClient, type DashboardClient } from "../dashboard-client.ts";
import { listenForEndings } from "../endings.ts";
import { describer } from "../mcp/description.ts";
import { serveMcp } from "../mcp/server.ts";
import { withOperations } from "../operations.ts";
import { dataFolderOf, withTelemetry } from "../recorded/telemetry-file.ts";

export const mcp = command({
  name: "mcp",
  summary:
    "Lets a coding assistant look at the application, over the Model Context Protocol on standard input and output.",
  options: {
    "allow-calls": { text: "calls of commands too, which change things; without it queries only" },
    "allow-operations": { text: "replays of dead letters" },
    topology: { ...topologyOption, text: "which topology; default: the one that runs, or the first" },
    data: dataOption,
    config: configOption,
  },
  notes: [
    "It is started by the assistant's program, which is told so in its configuration:",
    '  {"mcpServers":{"shop":{"command":"npx","args":["kerf","mcp","--config","/path/to/kerf.config.ts"]}}}',
    "It reads what kerf dev keeps, while that runs and after; calls need a running one. What contracts call sensitive,",
    "and secrets, are left out of every answer.",
  ],
  async run(given) {
    const config = findConfiguration(given.config);
    const place = { config, data: given.data };
    const client = (): DashboardClient => dashboardClient(dataFolderOf(place));
    const endings = listenForEndings(() => process.exit(130));
    try {
      await serveMcp(
        version(),
        {
          describer: describer(config, async () => given.topology ?? (await runningTopology(client))),
          telemetry: (work) => withTelemetry(place, work),
          records: (work) => withOperations(place, work),
          client,
          allowCalls: given["allow-calls"] ?? false,
          allowOperations: given["allow-operations"] ?? false,
        },
        endings.signal,
      );
      return endings.signal.aborted ? (await endings.asked).exitCode : 0;
    } finally {
      endings.close();
    }
  },
});

/** Undefined where nothing runs. */
async function runningTopology(client: () => DashboardClient): Promise<string | undefined> {
  try {
    return (await client().get<AppView>("/api/app")).topology;
  } catch {
    return undefined;
  }
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
