import { existsSync } from "node:fs";
import { loadGraph } from "@kerf/runtime";
import { checkLock, readLock } from "@kerf/runtime/proto";
import { command, configOption } from "../arguments.ts";
import { loadConfiguration } from "../configuration.ts";
import { lockFile } from "../lock.ts";
import { standardOutput } from "../output.ts";

interface Problem {
  readonly place: string;
  readonly reason: string;
  readonly mend: string;
}

export const check = command({
  name: "check",
  summary: "Checks what is declared, and the contracts against contracts.lock.json. For CI.",
  options: { config: configOption, json: { text: "JSON instead of text" } },
  async run(given) {
    const output = standardOutput({ json: given.json ?? false });
    const problems = await findProblems(given.config);
    if (output.json) output.line(JSON.stringify({ ok: problems.length === 0, problems }, undefined, 2));
    else if (problems.length === 0)
      output.line("The declarations are sound, and the contracts agree with their lock file.");
    else
      for (const { place, reason, mend } of problems)
        output.line(`${place}: ${reason}.\n  To mend it: ${mend}.`);
    return problems.length === 0 ? 0 : 1;
  },
});

async function findProblems(config: string | undefined): Promise<readonly Problem[]> {
  const { app, folder } = await loadConfiguration(config);
  try {
    const { services } = await loadGraph(app);
    const file = lockFile(folder);
    if (!existsSync(file)) {
      const mend = "run `kerf export proto --write-lock` and commit the file";
      return [{ place: file, reason: "the lock file is missing", mend }];
    }
    return checkLock(
      await readLock(file),
      [...services.values()].map((node) => node.definition.contract),
    );
  } catch (error) {
    const { place, problem, mend } = error as { place?: string; problem?: string; mend?: string };
    if (place === undefined || problem === undefined || mend === undefined) throw error;
    return [{ place, reason: problem, mend }];
  }
}
