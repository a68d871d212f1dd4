import { openapi } from "@kerf/gateway";
import { contractsOf, type Graph } from "@kerf/runtime";
import { protoOf, protoText } from "@kerf/runtime/proto";
import { describe, type Topology } from "kerf";
import type { Configuration } from "../configuration.ts";
import { lockToRunWith } from "../lock.ts";
import { alertmanagerFiles } from "./alertmanager/routes.ts";
import { asyncapi } from "./asyncapi/document.ts";
import { clientText } from "./client/client.ts";
import type { ExportedFile } from "./file.ts";
import { fluentBitFiles } from "./fluent-bit/pipeline.ts";
import { grafanaFiles } from "./grafana/files.ts";
import { logstashFiles } from "./logstash/pipeline.ts";
import { prometheusFiles } from "./prometheus/files.ts";
import { watch } from "./watched/watched.ts";

/** What files are made of. */
export interface Source {
  readonly configuration: Configuration;
  readonly graph: Graph;
  readonly topology: Topology;
  /** URL or path of docs/monitoring.md, without an end. */
  readonly runbooks: string;
}

type Make = (source: Source) => readonly ExportedFile[] | Promise<readonly ExportedFile[]>;

export const formats = {
  openapi: ({ graph }) => [
    {
      name: "openapi.json",
      text: jsonText(openapi(contractsOf(graph), { title: graph.app.name })),
    },
  ],
  proto: protoFiles,
  client: ({ graph }) => [{ name: "client.ts", text: clientText(graph.app.name, contractsOf(graph)) }],
  asyncapi: ({ graph }) => [{ name: "asyncapi.json", text: jsonText(asyncapi(graph)) }],
  prometheus: ({ graph, topology, runbooks }) => prometheusFiles(watch(graph, topology), runbooks),
  alertmanager: ({ graph }) => alertmanagerFiles(graph.app.name),
  grafana: ({ graph, topology }) => grafanaFiles(watch(graph, topology)),
  "fluent-bit": ({ graph }) => fluentBitFiles(graph.app.name),
  logstash: ({ graph }) => logstashFiles(graph.app.name),
} as const satisfies Readonly<Record<string, Make>>;

export type Format = keyof typeof formats;

export const FORMATS = Object.keys(formats) as readonly Format[];

/** Those whose files refer to each other, and so want a folder. */
export const inFolder: ReadonlySet<Format> = new Set<Format>(["prometheus", "grafana"]);

async function protoFiles({ configuration: { folder }, graph }: Source): Promise<readonly ExportedFile[]> {
  const contracts = contractsOf(graph);
  const lock = await lockToRunWith(folder, contracts);
  return contracts.map((contract) => {
    const { name, version } = describe(contract);
    return { name: `${name}_v${version}.proto`, text: protoText(protoOf(contract, lock)) };
  });
}

function jsonText(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
