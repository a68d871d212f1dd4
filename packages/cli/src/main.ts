import { helpOf, readArguments, type Command } from "./arguments.ts";
import { DASHBOARD } from "./dev/dashboard/messages.ts";
import { beSpare, SPARE } from "./dev/spare.ts";
import { explain } from "./explain.ts";
import { refuseWord, UsageError } from "./usage.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Loaded when asked for: the supervisor has no use for the code of a unit. */
const commands: Readonly<Record<string, Entry>> = {
  dev: {
    summary: "run every unit of a topology on this machine",
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  start: {
    summary: "run one unit in this process: what a deployment starts",
    load: async () => (await import("./commands/start.ts")).start,
  },
  chaos: {
    summary: "break what kerf dev runs, heal it, and audit it",
    load: async () => (await import("./commands/chaos.ts")).chaos,
  },
  topology: {
    summary: "show the units, what crosses a process, and what the database has to bear",
    load: async () => (await import("./commands/topology.ts")).topology,
  },
  trace: {
    summary: "list traces by what they hold, or show one as a tree in time",
    load: async () => (await import("./commands/trace.ts")).trace,
  },
  logs: {
    summary: "show what all units wrote to their logs",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  metrics: {
    summary: "show rates, errors and percentiles of members and edges, or a metric over time",
    load: async () => (await import("./commands/metrics.ts")).metrics,
  },
  events: {
    summary: "show how events flow, and who is behind; publish one by hand",
    load: async () => (await import("./commands/events.ts")).events,
  },
  mcp: {
    summary: "let a coding assistant look at all of it, over the Model Context Protocol",
    load: async () => (await import("./commands/mcp.ts")).mcp,
  },
  status: {
    summary: "show what is unfinished, who is behind, and what needs somebody",
    load: async () => (await import("./commands/status.ts")).status,
  },
  "dead-letters": {
    summary: "list, show, replay or drop messages that were given up on",
    load: async () => (await import("./commands/dead-letters.ts")).deadLetters,
  },
  sagas: {
    summary: "list and show sagas; retry or give up parked ones",
    load: async () => (await import("./commands/sagas.ts")).sagas,
  },
  replay: {
    summary: "hand a service past events again, for a new read model",
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  release: {
    summary: "try a new build of a service on a share of its calls",
    load: async () => (await import("./commands/release.ts")).release,
  },
  "api-keys": {
    summary: "make, list and revoke keys by which machines use the gateway",
    load: async () => (await import("./commands/api-keys.ts")).apiKeys,
  },
  adopt: {
    summary: "make a contract of an existing HTTP API",
    load: async () => (await import("./commands/adopt.ts")).adoptCommand,
  },
  check: {
    summary: "check the declarations, and the contracts against their lock file",
    load: async () => (await import("./commands/check.ts")).check,
  },
  export: {
    summary: "write OpenAPI, AsyncAPI, .proto or a client; what Prometheus, Grafana and others watch by",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
};

/** Runs one command line and ends the process: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C. */
export async function main(argv: readonly string[]): Promise<void> {
  let exitCode: number;
  try {
    exitCode =
      argv[0] === DASHBOARD && process.send
        ? await (await import("./dev/dashboard/be-dashboard.ts")).beDashboard()
        : await run(argv[0] === SPARE && process.send ? await beSpare() : argv);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    exitCode = error instanceof UsageError ? 2 : 1;
  }
  // A pipe takes what was written only by and by; a command that is over must not be held up by its leftovers.
  for (const stream of [process.stdout, process.stderr])
    if (stream.writableLength > 0) await new Promise((resolve) => stream.once("drain", resolve));
  process.exit(exitCode);
}

/** Runs one command line to its exit code. @throws UsageError | Failure | … for {@link explain} */
export async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h") {
    process.stdout.write(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === "help") {
    return rest[0] === undefined ? run(["--help"]) : run([rest[0], "--help"]);
  }
  const entry = Object.hasOwn(commands, name)
    ? commands[name]!
    : refuseWord("command", name, Object.keys(commands));
  const command = await entry.load();
  const read = readArguments(command, rest);
  if (!read) {
    process.stdout.write(`${helpOf(command)}\n`);
    return 0;
  }
  return command.run(read.given, read.operand, ...read.subjects);
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 3;
  return [
    "kerf <command> [options]",
    "",
    "Runs typed services as one process or as many.",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`),
    "",
    "kerf <command> --help tells more about one.",
  ].join("\n");
}
