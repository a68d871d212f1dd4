import type { Action, SagaDetail, SagaStep, ServiceOperations } from "@kerf/runtime";
import { command, readCount } from "../arguments.ts";
import {
  actor,
  asOption,
  operationsNotes,
  operationsOptions,
  reasonOption,
  requireReason,
  theOnly,
  withOperations,
} from "../operations.ts";
import { standardOutput, type Output } from "../output.ts";
import { headed, json, plain, span, time } from "../tables.ts";
import { Failure, refuseWord, UsageError } from "../usage.ts";
import { historyOf } from "./dead-letters.ts";

const states = ["running", "undoing", "stuck", "parked", "done", "refused", "abandoned"] as const;
type State = (typeof states)[number];

interface Given {
  readonly service: string | undefined;
  readonly saga: string | undefined;
  readonly state: string | undefined;
  readonly limit: string | undefined;
  readonly reason: string | undefined;
  readonly as: string | undefined;
  readonly json: true | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
}

export const sagas = command({
  name: "sagas",
  summary: "Lists sagas by state, shows what one did, retries or gives up a parked one.",
  operand: { name: "action", oneOf: ["list", "show", "retry", "give-up"], fallback: "list", subject: "ID" },
  options: {
    state: { value: "STATE", text: `list: only ${states.join(", ")}` },
    saga: { value: "NAME", text: "only sagas of this name" },
    limit: { value: "N", text: "list: at most so many; default: 50" },
    reason: { ...reasonOption, text: "why, for the record; give-up needs it" },
    as: asOption,
    ...operationsOptions,
  },
  notes: [
    "retry: a parked saga goes on where it stopped, with all its time again for what it was at.",
    "give-up: it ends as it is. Steps that are done stay done; which they are is recorded with the reason.",
    "",
    ...operationsNotes,
  ],
  async run(given, action, id) {
    const output = standardOutput({ json: given.json ?? false });
    if (action === "list") return list(given, id, output);
    if (id === undefined) throw new UsageError(`kerf sagas ${action} needs an ID. kerf sagas list has them.`);
    if (action === "show") return show(given, id, output);
    return act(action as "retry" | "give-up", given, id, output);
  },
});

async function list(given: Given, id: string | undefined, output: Output): Promise<number> {
  if (id !== undefined) throw new UsageError(`kerf sagas list does not take "${id}". Use show ${id}.`);
  const { state, saga: name } = given;
  if (state !== undefined && !states.includes(state as State)) refuseWord("state of sagas", state, states);
  const limit = given.limit === undefined ? 50 : readCount("limit", given.limit);
  const { counts, found } = await withOperations(given, async (services) => {
    const each = await Promise.all(
      services.map(async (one) => ({
        counts: (await one.sagaCounts()).map((count) => ({ service: one.service, ...count })),
        found: (await one.sagas({ state: state as State | undefined, name, limit })).map((saga) => ({
          service: one.service,
          ...saga,
        })),
      })),
    );
    return { counts: each.flatMap((e) => e.counts), found: each.flatMap((e) => e.found) };
  });
  if (output.json) {
    output.line(JSON.stringify({ counts, sagas: found }, undefined, 2));
    return 0;
  }
  if (counts.length === 0) output.line("There are no sagas.");
  for (const line of summary(counts)) output.line(line);
  if (found.length > 0) {
    const rows = found.map((saga) => [
      saga.id,
      saga.name,
      saga.service,
      saga.stuck ? `${saga.state}, stuck` : saga.state,
      time(saga.startedAt),
      saga.step ?? "-",
      saga.parkedReason ?? saga.error?.message ?? "",
    ]);
    output.line("");
    for (const line of headed(["id", "saga", "service", "state", "started", "at step", "why"], rows, output))
      output.line(line);
    if (found.length >= limit) output.note(`There may be more: --limit ${limit * 2} shows them.`);
  }
  return 0;
}

/** `checkout of orders: 3 running, 1 parked`. */
function summary(
  counts: readonly { service: string; name: string; state: string; sagas: number; stuck: number }[],
): string[] {
  const kinds = Map.groupBy(counts, ({ service, name }) => `${name} of ${service}`);
  return [...kinds].map(([kind, of]) => {
    const parts = of.map((c) => `${c.sagas} ${c.state}${c.stuck > 0 ? ` (${c.stuck} stuck)` : ""}`);
    return `${plain(kind)}: ${parts.join(", ")}`;
  });
}

async function show(given: Given, id: string, output: Output): Promise<number> {
  const { service, found, actions } = await withOperations(given, async (services) => {
    const only = await findOne(services, given.saga, id);
    const saga = only.of[0]!;
    return { service: only.service.service, found: saga, actions: await only.service.actions(id, saga.name) };
  });
  if (output.json) output.line(JSON.stringify({ service, ...found, actions }, undefined, 2));
  else for (const line of linesOf(service, found, actions, output)) output.line(line);
  return 0;
}

async function findOne(services: readonly ServiceOperations[], name: string | undefined, id: string) {
  const found = await Promise.all(
    services.map(async (one) => ({ service: one, of: await one.findSagas(id, name) })),
  );
  const only = theOnly(
    found,
    `saga "${plain(id)}"${name === undefined ? "" : ` of the name ${plain(name)}`}`,
  );
  if (only.of.length > 1)
    throw new Failure(
      `There are several sagas "${plain(id)}" in ${only.service.service}: ${only.of.map((s) => s.name).join(", ")}. Say which with --saga NAME.`,
    );
  return only;
}

function linesOf(service: string, saga: SagaDetail, actions: readonly Action[], output: Output): string[] {
  const { paint } = output;
  const ends = saga.endedAt ?? saga.parkedAt;
  const facts: [string, string][] = [
    ["state", saga.stuck ? `${saga.state}, stuck` : saga.state],
    ["service", `${service}, version ${saga.version} of the saga`],
    ["started", time(saga.startedAt)],
    ...(ends === null
      ? []
      : [
          [
            saga.state === "parked" ? "parked" : "ended",
            `${time(ends)}, after ${between(saga.startedAt, ends)}`,
          ] as [string, string],
        ]),
    ...(saga.error
      ? [["undone for", plain(`${saga.error.code}: ${saga.error.message}`)] as [string, string]]
      : []),
    ...(saga.parkedReason === null ? [] : [["parked for", plain(saga.parkedReason)] as [string, string]]),
    ...(saga.state === "parked"
      ? [
          ["a retry", saga.parkedFrom === "undoing" ? "goes on with undoing" : "goes on forward"] as [
            string,
            string,
          ],
        ]
      : []),
    ["trace", saga.traceparent],
    ["input", json(saga.input, " ".repeat(14))],
  ];
  return [
    paint("bold", plain(`${saga.name} ${saga.id}`)),
    ...facts.map(([name, value]) => `  ${name.padEnd(10)}  ${value}`),
    ...(saga.steps.length > 0 ? [paint("bold", "steps")] : []),
    ...saga.steps.flatMap((step) => stepLines(step, saga.startedAt, output)),
    ...(saga.mail.length > 0 ? [paint("bold", "events that came")] : []),
    ...saga.mail.map(
      ({ event, at, data }) =>
        `  ${after(saga.startedAt, at)}  ${plain(event)}  ${json(data, " ".repeat(14))}`,
    ),
    ...historyOf(actions, output),
  ];
}

const styles = { started: "yellow", done: "green", failed: "red", undoing: "yellow", undone: "dim" } as const;

function stepLines(step: SagaStep, sagaAt: string, { paint }: Output): string[] {
  const took = step.endedAt === null ? "" : ` in ${between(step.startedAt, step.endedAt)}`;
  const undo =
    step.undoAt === null
      ? ""
      : `, ${step.state === "undone" ? "undone" : "undo begun"} ${after(sagaAt, step.undoAt)}`;
  const indent = " ".repeat(20);
  return [
    `  ${after(sagaAt, step.startedAt).padStart(10)}  ${plain(step.name)}  ${step.member}  ${paint(styles[step.state], step.state)}${took}${undo}`,
    ...(step.input === null ? [] : [`              input   ${json(step.input, indent)}`.trimEnd()]),
    ...(step.output === null ? [] : [`              output  ${json(step.output, indent)}`.trimEnd()]),
    ...(step.error === null
      ? []
      : [
          `              error   ${plain(`${step.error.code}: ${step.error.message}`)}${step.error.data === undefined ? "" : ` ${json(step.error.data, indent)}`}`,
        ]),
  ];
}

function between(from: string, to: string): string {
  return span(Date.parse(to) - Date.parse(from));
}

function after(from: string, to: string): string {
  return `+${between(from, to)}`;
}

async function act(what: "retry" | "give-up", given: Given, id: string, output: Output): Promise<number> {
  const by = actor(given);
  if (what === "give-up") requireReason("sagas give-up", by);
  const done = await withOperations(given, async (services) => {
    const only = await findOne(services, given.saga, id);
    const saga = only.of[0]!;
    const one = only.service;
    const acted = what === "retry" ? await one.retry(saga.name, id, by) : await one.giveUp(saga.name, id, by);
    if (!acted)
      throw new Failure(
        `The saga ${saga.name} "${plain(id)}" is ${saga.state}: only a parked one can be ${what === "retry" ? "retried" : "given up"}.`,
      );
    const actions = await one.actions(id, saga.name);
    return {
      service: one.service,
      saga,
      action: actions.at(-1)!,
      running: (await one.replicas()).length > 0,
    };
  });
  const { service, saga, action, running } = done;
  if (output.json) {
    output.line(JSON.stringify({ service, saga: saga.name, id, action }, undefined, 2));
    return 0;
  }
  if (what === "retry") {
    output.line(
      `The saga ${saga.name} "${plain(id)}" goes on${saga.parkedFrom === "undoing" ? " with undoing" : ""}.`,
    );
    if (!running) output.note(`No unit with ${service} runs: it waits for one.`);
    return 0;
  }
  const { remain, undoUnfinished, unknown } = action.detail as Record<string, string[]>;
  output.line(`The saga ${saga.name} "${plain(id)}" is given up.`);
  for (const [text, names] of [
    ["stay done", remain],
    ["are perhaps undone", undoUnfinished],
    ["are perhaps done", unknown],
  ] as const)
    if (names && names.length > 0) output.line(`  ${text}: ${names.map(plain).join(", ")}`);
  return 0;
}
