import { command, configOption, dataOption } from "../arguments.ts";
import { connectControl } from "../chaos/control-client.ts";
import { readDuration } from "../chaos/duration.ts";
import { possible } from "../chaos/plan.ts";
import { runChaos } from "../chaos/run.ts";
import { timelineOn } from "../chaos/timeline.ts";
import { dataFolder } from "../configuration.ts";
import { FAULTS, type Description, type FaultKind } from "../dev/control/protocol.ts";
import { listenForEndings } from "../endings.ts";
import { readConfiguration } from "../load.ts";
import { standardOutput } from "../output.ts";
import { Failure, refuseWord, UsageError } from "../usage.ts";

const LONGEST_MS = 60 * 60_000;

export const chaos = command({
  name: "chaos",
  summary:
    "Breaks what a kerf dev in another terminal runs, heals it, and audits it: the proof that nothing is lost or done twice.",
  options: {
    for: { value: "TIME", text: "how long, such as 90s or 2m; default: 30s" },
    seed: { value: "N", text: "plays the plan of an earlier run again" },
    only: { value: "KINDS", text: `of ${FAULTS.join(",")}; default: all` },
    audit: { value: "WHAT", text: "a command, or a URL or path of the gateway; none: no audit at all" },
    data: dataOption,
    config: configOption,
    json: { text: "JSON lines instead of text" },
  },
  notes: [
    "Only a kerf dev of the same user on this machine can be broken. Ctrl-C heals and ends; so does the end of --for.",
    "Exit codes: 0 everything holds, 1 it does not, 2 wrong usage, 130 Ctrl-C.",
  ],
  async run(given) {
    const forMs = readDuration("for", given.for ?? "30s", LONGEST_MS);
    const seed = readSeed(given.seed);
    const only = readKinds(given.only);
    const configuration = await readConfiguration(given.config);
    const control = await connectControl(dataFolder(configuration, given.data));
    const endings = listenForEndings(() => process.exit(130));
    try {
      return await runChaos({
        control,
        timeline: timelineOn(standardOutput({ json: given.json ?? false })),
        seed,
        forMs,
        kinds: (description) => choose(only, description),
        audit: given.audit ?? configuration.app.audit,
        signal: endings.signal,
      });
    } finally {
      control.close();
      endings.close();
    }
  },
});

function readSeed(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 1_000_000);
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed >= 2 ** 32)
    throw new UsageError(`--seed ${text}: a seed is a whole number below 2^32.`);
  return seed;
}

function readKinds(text: string | undefined): FaultKind[] | undefined {
  if (text === undefined) return undefined;
  const words = text.split(",").map((word) => word.trim());
  return words.map((word) => FAULTS.find((kind) => kind === word) ?? refuseWord("fault", word, FAULTS));
}

function choose(only: readonly FaultKind[] | undefined, description: Description): readonly FaultKind[] {
  const all = possible(description);
  if (!only) return all;
  const missing = only.filter((kind) => !all.includes(kind));
  if (missing.length > 0)
    throw new Failure(
      `${missing.join(", ")}: not possible here. The database is a server of its own, or no service has one.`,
    );
  return only;
}
