import {
  defaultRate,
  type Action,
  type DeadLetter,
  type LetterChoice,
  type ServiceOperations,
} from "@kerf/runtime";
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
import { headed, json, plain, time } from "../tables.ts";
import { Failure, UsageError } from "../usage.ts";

const mostListed = 1_000;

interface Given {
  readonly service: string | undefined;
  readonly cause: string | undefined;
  readonly all: true | undefined;
  readonly rate: string | undefined;
  readonly reason: string | undefined;
  readonly as: string | undefined;
  readonly json: true | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
}

export const deadLetters = command({
  name: "dead-letters",
  summary: "Lists, shows, replays or drops events and commands that were given up on.",
  operand: { name: "action", oneOf: ["list", "show", "replay", "drop"], fallback: "list", subject: "ID" },
  options: {
    cause: { value: "CAUSE", text: "all that failed alike; list: one by one instead of by cause" },
    all: { text: "replay, drop: all" },
    rate: { value: "N", text: `replay: how many in a second; default: ${defaultRate}` },
    reason: { ...reasonOption, text: "why, for the record; drop needs it" },
    as: asOption,
    ...operationsOptions,
  },
  notes: [
    "A replayed letter is delivered as any message, behind those of its key that wait; handled ones are known and left out.",
    "A dropped one is never handled, however often it comes again.",
    "",
    ...operationsNotes,
  ],
  async run(given, action, id) {
    const output = standardOutput({ json: given.json ?? false });
    if (action === "list") return list(given, id, output);
    if (action === "show") return show(given, id, output);
    return act(action as "replay" | "drop", given, id, output);
  },
});

async function list(given: Given, id: string | undefined, output: Output): Promise<number> {
  if (id !== undefined) throw new UsageError(`kerf dead-letters list does not take "${id}". Use show ${id}.`);
  if (given.cause !== undefined) return listOne(given, given.cause, output);
  const groups = await withOperations(given, async (services) =>
    (
      await Promise.all(
        services.map(async (one) =>
          (await one.deadLetterGroups()).map((group) => ({ service: one.service, ...group })),
        ),
      )
    ).flat(),
  );
  if (output.json) output.line(JSON.stringify({ groups }, undefined, 2));
  else if (groups.length === 0) output.line("There are no dead letters.");
  else {
    const rows = groups.map((g) => [
      g.cause,
      g.service,
      g.type,
      g.replaying > 0 ? `${g.messages} (${g.replaying} replaying)` : String(g.messages),
      String(g.keys),
      time(g.firstAt),
      time(g.lastAt),
      g.error,
    ]);
    for (const line of headed(
      ["cause", "service", "message", "letters", "keys", "first", "last", "error"],
      rows,
      output,
    ))
      output.line(line);
  }
  return 0;
}

async function listOne(given: Given, cause: string, output: Output): Promise<number> {
  const letters = await withOperations(given, async (services) =>
    (
      await Promise.all(
        services.map(async (one) =>
          (await one.deadLetters({ cause }, mostListed)).map((letter) => ({
            service: one.service,
            ...letter,
          })),
        ),
      )
    ).flat(),
  );
  if (output.json) output.line(JSON.stringify({ letters: letters.map(parsed) }, undefined, 2));
  else if (letters.length === 0) output.line(`There are no dead letters of the cause ${plain(cause)}.`);
  else {
    const rows = letters.map((l) => [
      l.id,
      l.service,
      l.type,
      l.key,
      time(l.deadAt),
      String(l.attempts),
      l.error,
    ]);
    for (const line of headed(
      ["id", "service", "message", "key", "dead since", "tries", "error"],
      rows,
      output,
    ))
      output.line(line);
    if (letters.length >= mostListed) output.note(`These are the oldest ${mostListed}.`);
  }
  return 0;
}

async function show(given: Given, id: string | undefined, output: Output): Promise<number> {
  if (id === undefined)
    throw new UsageError(
      "kerf dead-letters show needs an ID. kerf dead-letters list --cause CAUSE has them.",
    );
  const { service, letters, actions } = await withOperations(given, async (services) => {
    const each = await Promise.all(
      services.map(async (one) => {
        const [found, done] = await Promise.all([one.findLetters(id), one.actions(id)]);
        const ofMessages = done.filter(({ what }) => what === "replay" || what === "drop");
        return {
          service: one,
          of: found.length + ofMessages.length > 0 ? [{ letters: found, actions: ofMessages }] : [],
        };
      }),
    );
    const only = theOnly(each, `dead letter "${plain(id)}", nor was there one`);
    return { service: only.service.service, ...only.of[0]! };
  });
  if (output.json)
    output.line(JSON.stringify({ service, letters: letters.map(parsed), actions }, undefined, 2));
  else {
    if (letters.length === 0) output.line(`It is no dead letter any more: it was handled after its replay.`);
    for (const letter of letters) for (const line of linesOf(service, letter, output)) output.line(line);
    for (const line of historyOf(actions, output)) output.line(line);
  }
  return 0;
}

function linesOf(service: string, letter: DeadLetter, { paint }: Output): string[] {
  const { data, id: _id, type: _type, key: _key, ...headers } = envelopeOf(letter.body);
  const state = {
    dead: letter.replayAt === null ? "dead" : `dead, to be replayed at ${time(letter.replayAt)}`,
    waiting: "replayed, and waiting for its try",
    dropped: "dropped",
  }[letter.state];
  const facts: [string, string][] = [
    ["service", service],
    ["state", `${state}, since ${time(letter.deadAt)}`],
    ["cause", letter.cause],
    ["key", letter.key],
    ["tries", `${letter.attempts}, the first failed at ${time(letter.firstFailedAt)}`],
    ["error", letter.error],
    ...Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    paint("bold", plain(`${letter.type} ${letter.id}`)),
    ...facts.map(([name, value]) => `  ${plain(name).padEnd(width)}  ${plain(value)}`),
    `  ${"data".padEnd(width)}  ${json(data, " ".repeat(width + 4))}`,
  ];
}

export function historyOf(actions: readonly Action[], { paint }: Output): string[] {
  if (actions.length === 0) return [];
  return [
    paint("bold", "what was done"),
    ...actions.map(({ at, who, what, why }) =>
      plain(`  ${time(at)}  ${what} by ${who}${why === undefined ? "" : `: ${why}`}`).replace(/^/, "  "),
    ),
  ];
}

async function act(
  what: "replay" | "drop",
  given: Given,
  id: string | undefined,
  output: Output,
): Promise<number> {
  const choice = choiceOf(what, given, id);
  const by = actor(given);
  if (what === "drop") requireReason("dead-letters drop", by);
  if (what === "drop" && given.rate !== undefined) throw new UsageError("--rate is for replay.");
  const rate = given.rate === undefined ? defaultRate : readCount("rate", given.rate);
  const done = await withOperations(given, async (services) => {
    const chosen = id === undefined ? services : [await serviceOf(services, id)];
    return Promise.all(
      chosen.map(async (one) => {
        const result =
          what === "replay"
            ? await one.replay(choice, by, rate)
            : { messages: await one.drop(choice, by), lastAt: null };
        return { service: one.service, ...result, running: (await one.replicas()).length > 0 };
      }),
    );
  });
  const some = done.filter(({ messages }) => messages > 0);
  if (some.length === 0)
    throw new Failure(
      `There is nothing to ${what}: ${id === undefined ? "no dead letter matches" : `"${plain(id)}" is no dead letter, or is being replayed already`}.`,
    );
  if (output.json) output.line(JSON.stringify({ action: what, by, done: some }, undefined, 2));
  for (const { service, messages, lastAt, running } of output.json ? [] : some) {
    const letters = messages === 1 ? "1 dead letter" : `${messages} dead letters`;
    output.line(
      what === "drop"
        ? `${letters} of ${service} dropped.`
        : `${letters} of ${service} to be replayed${messages > 1 ? `, ${rate} a second, until ${time(lastAt)}` : ""}.`,
    );
    if (what === "replay" && !running) output.note(`No unit with ${service} runs: they wait for one.`);
  }
  return 0;
}

async function serviceOf(services: readonly ServiceOperations[], id: string): Promise<ServiceOperations> {
  const found = await Promise.all(
    services.map(async (one) => ({ service: one, of: await one.deadLetters({ id }, 1) })),
  );
  return theOnly(found, `dead letter "${plain(id)}"`).service;
}

function choiceOf(what: string, { cause, all }: Given, id: string | undefined): LetterChoice {
  const given = [id !== undefined, cause !== undefined, all === true].filter(Boolean).length;
  if (given !== 1)
    throw new UsageError(`kerf dead-letters ${what} needs one of: an ID, --cause CAUSE, --all.`);
  return { id, cause };
}

function parsed({ body, ...letter }: DeadLetter & { readonly service?: string }) {
  return { ...letter, message: envelopeOf(body) };
}

function envelopeOf(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return { data: body };
  }
}
