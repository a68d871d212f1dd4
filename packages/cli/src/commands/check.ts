import { existsSync } from "node:fs";
import { checkExamples } from "@kerf/runtime/validate";
import { contractsOf, droppedSagas, openOperations, openServer, type Graph } from "@kerf/runtime";
import { checkLock, readLock } from "@kerf/runtime/proto";
import { deprecatedUses } from "@kerf/runtime/versions";
import { command, configOption } from "../arguments.ts";
import { explain } from "../explain.ts";
import { readConfiguration, readGraph } from "../load.ts";
import { lockFile } from "../lock.ts";
import { standardOutput, type Output } from "../output.ts";

interface Problem {
  readonly place: string;
  readonly reason: string;
  readonly mend: string;
  readonly breaks?: readonly string[];
}

export const check = command({
  name: "check",
  summary: "Checks what is declared, and the contracts against contracts.lock.json. For CI.",
  operand: { name: "part", oneOf: ["all", "contracts", "sagas"], fallback: "all" },
  options: {
    config: configOption,
    data: { value: "DIR", text: "looks for sagas that have not ended in this embedded PostgreSQL" },
    json: { text: "JSON instead of text" },
  },
  notes: [
    "contracts: against the lock file; who would break is said: old callers, old subscribers, stored payloads.",
    "sagas: that no version is missing whose instances have not ended; where KERF_DATABASE_URL or --data says",
    "which database to look at. Each unit refuses to start for the same reason.",
  ],
  async run(given, part) {
    const output = standardOutput({ json: given.json ?? false });
    const problems = await findProblems(given, part!, output);
    if (output.json) output.line(JSON.stringify({ ok: problems.length === 0, problems }, undefined, 2));
    else if (problems.length === 0)
      output.line(
        part === "sagas"
          ? "Every saga that has not ended has its version."
          : "The declarations are sound, and the contracts agree with their lock file.",
      );
    else for (const problem of problems) output.line(told(problem));
    return problems.length === 0 ? 0 : 1;
  },
});

function told({ place, reason, mend, breaks = [] }: Problem): string {
  const who = breaks.length > 0 ? `; it breaks ${breaks.join(" and ")}` : "";
  return `${place}: ${reason}${who}.\n  To mend it: ${mend}.`;
}

interface Given {
  readonly config: string | undefined;
  readonly data: string | undefined;
}

async function findProblems(given: Given, part: string, output: Output): Promise<readonly Problem[]> {
  const { app, folder } = await readConfiguration(given.config);
  try {
    const graph = await readGraph(app);
    if (part !== "sagas") deprecatedUses(graph).forEach((line) => output.note(line));
    return [
      ...(part === "sagas" ? [] : await contractProblems(graph, lockFile(folder))),
      ...(part === "contracts" ? [] : await sagaProblems(graph, given.data, part, output)),
    ];
  } catch (error) {
    const { place, problem, mend } = error as { place?: string; problem?: string; mend?: string };
    if (place === undefined || problem === undefined || mend === undefined) throw error;
    return [{ place, reason: problem, mend }];
  }
}

async function contractProblems(graph: Graph, file: string): Promise<readonly Problem[]> {
  contractsOf(graph).forEach(checkExamples);
  if (!existsSync(file)) {
    const mend = "run `kerf export proto --write-lock` and commit the file";
    return [{ place: file, reason: "the lock file is missing", mend }];
  }
  return checkLock(await readLock(file), contractsOf(graph));
}

/** Where a database can be looked at: a check of declarations must not need one. */
async function sagaProblems(
  graph: Graph,
  dataDir: string | undefined,
  part: string,
  output: Output,
): Promise<readonly Problem[]> {
  const url = process.env["KERF_DATABASE_URL"] || undefined;
  if (dataDir === undefined && url === undefined) {
    if (part === "sagas")
      output.note("No database was looked at: set KERF_DATABASE_URL, or give --data DIR.");
    return [];
  }
  try {
    const server = await openServer(url === undefined ? { dataDir: dataDir! } : { url });
    try {
      await using operations = await openOperations({ graph, server, settings: process.env });
      const found: Problem[] = [];
      for (const [name, service] of operations.services) {
        const live = await service.liveSagas();
        for (const { place, problem, mend } of droppedSagas(graph.services.get(name)!.definition.sagas, live))
          found.push({ place: `service(${name}).sagas.${place}`, reason: problem, mend });
      }
      return found;
    } finally {
      await server.close({ now: true });
    }
  } catch (error) {
    if (part === "sagas") throw error;
    output.note(`No saga was looked at: ${explain(error)}`);
    return [];
  }
}
