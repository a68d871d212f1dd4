import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { openapi } from "@kerf/gateway";
import { contractsOf, loadGraph, type Graph } from "@kerf/runtime";
import { lockContracts, protoOf, protoText } from "@kerf/runtime/proto";
import { describe, type AnyContract } from "kerf";
import { command, configOption } from "../arguments.ts";
import { asyncapi } from "../exports/asyncapi/document.ts";
import { clientText } from "../exports/client/client.ts";
import { loadConfiguration, type Configuration } from "../configuration.ts";
import { lockFile, lockToRunWith } from "../lock.ts";
import { standardOutput } from "../output.ts";
import { UsageError } from "../usage.ts";

interface ExportedFile {
  readonly name: string;
  readonly text: string;
}

const FORMATS = ["openapi", "proto", "client", "asyncapi"] as const;
type Format = (typeof FORMATS)[number];

/** `export` is a word of the language. */
export const exportCommand = command({
  name: "export",
  summary:
    "Writes what others need to call the application: OpenAPI 3.1 or a TypeScript client for HTTP, .proto files for gRPC, AsyncAPI 3 for events.",
  operand: { name: "format", oneOf: FORMATS },
  options: {
    out: { value: "DIR", text: "where to write; default: standard output" },
    "write-lock": { text: "with proto: bring contracts.lock.json up to date" },
    accept: {
      value: "PLACE",
      many: true,
      text: "with --write-lock: an incompatible change that is wanted, as named by the refusal; repeatable",
    },
    config: configOption,
  },
  async run(given, format) {
    if (given["write-lock"] && format !== "proto")
      throw new UsageError("--write-lock goes with: kerf export proto.");
    if (given.accept && !given["write-lock"])
      throw new UsageError("--accept goes with: kerf export proto --write-lock.");
    const output = standardOutput({ json: false });
    const configuration = await loadConfiguration(given.config);
    const graph = await loadGraph(configuration.app);
    const contracts = contractsOf(graph);
    if (given["write-lock"]) {
      await lockContracts(lockFile(configuration.folder), contracts, {
        frozen: false,
        accept: given.accept ?? [],
      });
      output.note(`${shown(lockFile(configuration.folder))} is up to date.`);
    }
    const files = await made[format as Format](configuration, contracts, graph);
    for (const { name, text } of files) {
      if (given.out === undefined) process.stdout.write(text);
      else {
        const folder = resolve(given.out);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), text);
        output.note(`wrote ${shown(join(folder, name))}`);
      }
    }
    return 0;
  },
});

const made: Record<
  Format,
  (
    configuration: Configuration,
    contracts: readonly AnyContract[],
    graph: Graph,
  ) => ExportedFile[] | Promise<ExportedFile[]>
> = {
  openapi: openapiFile,
  proto: protoFiles,
  asyncapi: (_configuration, _contracts, graph) => [
    { name: "asyncapi.json", text: `${JSON.stringify(asyncapi(graph), undefined, 2)}\n` },
  ],
  client: ({ app }, contracts) => [{ name: "client.ts", text: clientText(app.name, contracts) }],
};

function openapiFile({ app }: Configuration, contracts: readonly AnyContract[]): ExportedFile[] {
  return [
    {
      name: "openapi.json",
      text: `${JSON.stringify(openapi(contracts, { title: app.name }), undefined, 2)}\n`,
    },
  ];
}

async function protoFiles(
  { folder }: Configuration,
  contracts: readonly AnyContract[],
): Promise<ExportedFile[]> {
  const lock = await lockToRunWith(folder, contracts);
  return contracts.map((contract) => {
    const { name, version } = describe(contract);
    return { name: `${name}_v${version}.proto`, text: protoText(protoOf(contract, lock)) };
  });
}

function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}
