import type { Status } from "@kerf/runtime";
import { command } from "../arguments.ts";
import { operationsNotes, operationsOptions, withOperations } from "../operations.ts";
import { standardOutput, type Output } from "../output.ts";
import { headed, plain, span } from "../tables.ts";

const { service: _service, ...options } = operationsOptions;

export const status = command({
  name: "status",
  summary: "Shows what is unfinished, how far subscribers are behind, and what needs somebody.",
  options,
  notes: [...operationsNotes, "One unit alone tells the same of its services at /status of its health port."],
  async run(given) {
    const output = standardOutput({ json: given.json ?? false });
    const found = await withOperations(given, (_services, operations) => operations.status());
    if (output.json) output.line(JSON.stringify(found, undefined, 2));
    else for (const line of linesOf(found, output)) output.line(line);
    return 0;
  },
});

function linesOf({ services, consumers, alarms, missing }: Status, output: Output): string[] {
  const { paint } = output;
  const rows = services.map((s) => [
    s.service,
    s.replicas.length === 0 ? "nowhere" : String(s.replicas.length),
    s.outbox === 0 ? "0" : `${s.outbox} (${span(s.oldestUnsentMs)})`,
    String(s.retries),
    String(s.deadLetters),
    String(s.sagas),
    String(s.stuckSagas),
    String(s.parkedSagas),
  ]);
  const head = ["service", "processes", "unsent", "retries", "dead letters", "sagas", "stuck", "parked"];
  const behind = consumers.filter(({ messages, missed }) => messages + missed > 0);
  const behindRows = behind.map((g) => [
    g.service,
    g.channel,
    String(g.messages),
    span(g.oldestMs),
    String(g.missed),
  ]);
  return [
    ...headed(head, rows, output),
    "",
    ...(behind.length === 0
      ? ["Every subscriber has everything."]
      : headed(["subscriber", "of", "behind", "oldest", "lost"], behindRows, output)),
    ...(missing.length > 0 ? [`Never ran here: ${missing.join(", ")}.`] : []),
    "",
    ...(alarms.length === 0
      ? ["Nothing needs anybody."]
      : alarms.map(
          ({ level, text }) => `${paint(level === "error" ? "red" : "yellow", level)}  ${plain(text)}`,
        )),
  ];
}
