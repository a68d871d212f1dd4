import { relative, resolve } from "node:path";
import { contractsOf } from "@kerf/runtime";
import { lockContracts } from "@kerf/runtime/proto";
import { command, configOption, topologyOption } from "../arguments.ts";
import { chooseTopology } from "../configuration.ts";
import { writeFiles } from "../exports/file.ts";
import { FORMATS, formats, inFolder, type Format } from "../exports/formats.ts";
import { readConfiguration, readGraph } from "../load.ts";
import { lockFile } from "../lock.ts";
import { standardOutput } from "../output.ts";
import { UsageError } from "../usage.ts";

/** `export` is a word of the language. */
export const exportCommand = command({
  name: "export",
  summary:
    "Writes what others need to call the application (OpenAPI 3.1 or a TypeScript client for HTTP, .proto files for gRPC, AsyncAPI 3 for events) or to watch it (Prometheus, Alertmanager, Grafana; Fluent Bit or Logstash for its log).",
  operand: { name: "format", oneOf: FORMATS },
  options: {
    out: { value: "DIR", text: "where to write; default: standard output, but for prometheus and grafana" },
    topology: { ...topologyOption, text: `with prometheus: ${topologyOption.text}` },
    runbooks: {
      value: "URL",
      text: "with prometheus: where docs/monitoring.md can be read, for the links of alerts",
    },
    "write-lock": { text: "with proto: bring contracts.lock.json up to date" },
    accept: {
      value: "PLACE",
      many: true,
      text: "with --write-lock: an incompatible change that is wanted, as named by the refusal; repeatable",
    },
    config: configOption,
  },
  async run(given, operand) {
    const format = operand as Format;
    if (given["write-lock"] && format !== "proto")
      throw new UsageError("--write-lock goes with: kerf export proto.");
    if (given.accept && !given["write-lock"])
      throw new UsageError("--accept goes with: kerf export proto --write-lock.");
    for (const name of ["topology", "runbooks"] as const)
      if (given[name] !== undefined && format !== "prometheus")
        throw new UsageError(`--${name} goes with: kerf export prometheus.`);
    if (given.out === undefined && inFolder.has(format))
      throw new UsageError(`kerf export ${format} writes several files: say where with --out DIR.`);
    const output = standardOutput({ json: false });
    const configuration = await readConfiguration(given.config);
    const topology = chooseTopology(configuration.app, given.topology);
    const graph = await readGraph(configuration.app);
    if (given["write-lock"]) {
      await lockContracts(lockFile(configuration.folder), contractsOf(graph), {
        frozen: false,
        accept: given.accept ?? [],
      });
      output.note(`${shown(lockFile(configuration.folder))} is up to date.`);
    }
    const runbooks = given.runbooks ?? "docs/monitoring.md";
    const files = await formats[format]({ configuration, graph, topology, runbooks });
    if (given.out === undefined) for (const { text } of files) process.stdout.write(text);
    else for (const path of writeFiles(resolve(given.out), files)) output.note(`wrote ${shown(path)}`);
    return 0;
  },
});

function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}
