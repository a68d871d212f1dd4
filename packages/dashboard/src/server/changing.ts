import type { By } from "@kerf/runtime";
import type { LetterChoice } from "../api/index.ts";
import type { Parts } from "../parts.ts";
import { dropLetters, replayLetters } from "../query/records.ts";
import { readBody, textIn } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Routes } from "./handle.ts";

/** What people do. Each is recorded with who did it and why. */
export const changing: Routes = {
  "POST /api/sagas/*/*/*/retry": (parts, asked) => act(parts, asked, "retry"),
  "POST /api/sagas/*/*/*/give-up": (parts, asked) => act(parts, asked, "give-up"),
  "POST /api/dead-letters/replay": async (parts, { request }) => {
    const body = await readBody(request);
    const choice = choiceIn(body);
    const rate = body["perSecond"];
    if (rate !== undefined && (typeof rate !== "number" || !(rate > 0 && rate <= 10_000)))
      throw new Refusal(400, "perSecond is a number above 0");
    const one = await parts.operationsOf(choice.service);
    const done = await replayLetters(one, choice, byOf(parts, body), rate);
    parts.live.changed(["dead-letters", "events"]);
    return done;
  },
  "POST /api/dead-letters/drop": async (parts, { request }) => {
    const body = await readBody(request);
    const choice = choiceIn(body);
    const by = byOf(parts, body);
    needsReason(by);
    const done = await dropLetters(await parts.operationsOf(choice.service), choice, by);
    parts.live.changed(["dead-letters"]);
    return done;
  },
  "POST /api/topology/restart": async ({ control, live }, { request }) => {
    if (!control) throw new Refusal(501, "nobody here runs the processes: this is for kerf dev");
    const process = textIn(await readBody(request), "process");
    const { processes } = await control.describe();
    if (!processes.some(({ name }) => name === process))
      throw new Refusal(404, "there is no process of this name");
    await control.restart(process!);
    live.changed(["topology"]);
  },
  "POST /api/units/*/drain": async ({ control, live }, { request, path: [unit] }) => {
    if (!control) throw new Refusal(501, "nobody here runs the processes: this is for kerf dev");
    await readBody(request);
    const { units } = await control.describe();
    if (!units.some(({ name }) => name === unit)) throw new Refusal(404, "there is no unit of this name");
    await control.drain(unit!);
    live.changed(["topology"]);
  },
};

async function act(parts: Parts, { request, path }: Asked, what: "retry" | "give-up"): Promise<void> {
  const [service, name, id] = path as [string, string, string];
  const by = byOf(parts, await readBody(request));
  if (what === "give-up") needsReason(by);
  const one = await parts.operationsOf(service);
  const done = what === "retry" ? await one.retry(name, id, by) : await one.giveUp(name, id, by);
  if (!done) throw new Refusal(409, "there is no such saga that is parked: it may go on already");
  parts.live.changed(["sagas"]);
}

function byOf({ who }: Parts, body: Readonly<Record<string, unknown>>): By {
  return { who, why: textIn(body, "reason") };
}

function needsReason({ why }: By): void {
  if (!why?.trim()) throw new Refusal(400, "giving something up needs a reason: somebody will ask for it");
}

function choiceIn(body: Readonly<Record<string, unknown>>): LetterChoice {
  const service = textIn(body, "service");
  const cause = textIn(body, "cause");
  const id = textIn(body, "id");
  if (service === undefined || (cause === undefined) === (id === undefined))
    throw new Refusal(400, "this needs a service, and either a cause or an id");
  return { service, ...(cause === undefined ? {} : { cause }), ...(id === undefined ? {} : { id }) };
}
