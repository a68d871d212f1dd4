import type { LaneSpan } from "../../broker/broker.ts";
import { DatabaseError } from "../../data/errors.ts";
import type { ReplayHolder, ReplayRecord } from "../../journal/replay-journal.ts";
import { ReplayError } from "./errors.ts";
import { channelsOf } from "./hand-over.ts";
import type { ReplayOptions } from "./options.ts";
import type { ReplayPlan } from "./plan.ts";

import { inTransaction } from "../../work/in-transaction.ts";

/**
 * Takes up the replay that is not finished, or begins a new one.
 * @throws ReplayError where another process works on it, or it is another than was asked for, or cannot be sound
 */
export async function beginReplay(
  options: ReplayOptions,
  plan: ReplayPlan,
  by: ReplayHolder,
): Promise<ReplayRecord> {
  const { port, journal, since } = options;
  const { name } = port.definition;
  const open = await inTransaction(port, (run) => journal.readReplay(run));
  if (open) {
    if (open.heldForMs > 0) throw atWork(name, open, open.heldForMs);
    if (since !== undefined && since !== open.since) throw another(name, open);
    if (options.event !== undefined && !sameEvents(open, plan)) throw another(name, open);
    if (options.event === undefined && !open.events.every((event) => plan.reactions.has(event)))
      throw changed(name, open);
    if (await inTransaction(port, (run) => journal.holdReplay(run, open.id, by))) return open;
    throw atWork(name, open, by.leaseMs);
  }
  if (since === undefined) {
    throw new ReplayError(`${name} has no unfinished replay`, "say from when on: --from 2d, --from earliest");
  }
  const lanes = await lanesSince(options, plan, since);
  await refuseLag(options, plan, since);
  try {
    return await inTransaction(port, async (run) => {
      const { tables, unfit } = await journal.inspectTables(run, plan.tables);
      const [first] = unfit;
      if (first) throw new ReplayError(`The table "${first.table}" of ${name} ${first.problem}`, first.mend);
      const { events } = plan;
      const types = [...plan.reactions.keys()].toSorted();
      return journal.openReplay(run, { events, types, tables, since, lanes }, by);
    });
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === "unique")
      throw new ReplayError(`Another replay of ${name} has just begun`, "wait for it, or stop it");
    throw error;
  }
}

async function lanesSince({ port, broker }: ReplayOptions, plan: ReplayPlan, since: number) {
  const { spans, read } = broker;
  if (!spans || !read) {
    throw new ReplayError(
      "This broker keeps nothing of what it has delivered",
      "have the service that states these facts tell them again",
    );
  }
  const channels = channelsOf(plan.events);
  const found = await Promise.all(channels.map((channel) => spans(channel, since)));
  const trimmed = channels.filter((_, i) => found[i]!.some((span: LaneSpan) => span.trimmed));
  if (trimmed.length > 0) {
    throw new ReplayError(
      `The broker does not keep all events of ${trimmed.join(", ")} since ${new Date(since).toISOString()}`,
      `build ${port.definition.name} from what is kept with --from earliest; for what is older, its owner has to state it again`,
    );
  }
  return channels.flatMap((channel, i) =>
    found[i]!.map(({ lane, from }: LaneSpan) => ({ channel, lane, start: from })),
  );
}

/** What the live reactions have yet to take must not be older than what is replayed: it would come after what is newer. */
async function refuseLag({ port, broker }: ReplayOptions, plan: ReplayPlan, since: number): Promise<void> {
  if (since === 0) return;
  const { name } = port.definition;
  const channels = new Set(channelsOf(plan.events));
  for (const group of (await broker.backlog?.()) ?? []) {
    const { service, channel, messages, oldestMs } = group;
    if (service !== name || !channels.has(channel) || messages === 0) continue;
    if (port.clock.now() - oldestMs >= since) continue;
    throw new ReplayError(
      `${name} has not yet taken events of ${channel} that are older than ${new Date(since).toISOString()}`,
      "wait until it has, or replay from an earlier time",
    );
  }
}

function sameEvents(open: ReplayRecord, plan: ReplayPlan): boolean {
  return open.events.join(" ") === plan.events.join(" ");
}

function describe({ events, since }: ReplayRecord): string {
  return `of ${events.join(", ")} from ${since === 0 ? "earliest" : new Date(since).toISOString()}`;
}

function atWork(name: string, open: ReplayRecord, heldForMs: number): ReplayError {
  return new ReplayError(
    `A replay of ${name} is at work already (${describe(open)})`,
    `wait for it, or stop it; where its process was killed, it can be gone on with in ${Math.ceil(heldForMs / 1_000)} s`,
  );
}

function another(name: string, open: ReplayRecord): ReplayError {
  return new ReplayError(
    `${name} has an unfinished replay: ${describe(open)}`,
    "go on with that one (--resume), or drop it first (--abandon)",
  );
}

function changed(name: string, open: ReplayRecord): ReplayError {
  return new ReplayError(
    `The unfinished replay of ${name} (${describe(open)}) has events to which it has no replayable reaction now`,
    "drop it with --abandon, and begin again",
  );
}
