import { serviceNameOf, StatusError } from "kerf";
import type { Broker } from "../../packages/runtime/src/broker/broker.ts";
import type { MemoryLog } from "../../packages/runtime/src/broker/memory-log.ts";
import { statementOn } from "../../packages/runtime/src/data/memory/database.ts";
import type { Run } from "../../packages/runtime/src/data/transaction.ts";
import type { Journal } from "../../packages/runtime/src/journal/journal.ts";
import { commandKey, type OutboxRow, type SagaRow } from "../../packages/runtime/src/journal/memory-rows.ts";
import type { Storage } from "../../packages/runtime/src/service/port.ts";
import type { Dispatch, Transport } from "../../packages/runtime/src/transport/transport.ts";
import type { SimProcess } from "./world/process.ts";
import type { World } from "./world/world.ts";

/** Where a seam is wrapped. */
export interface Place {
  readonly world: World;
  readonly process: SimProcess;
  /** What another service, or this one, keeps; its journal is the sound one. */
  storage(service: string): Storage;
}

/** By their numbers in docs/reliability.md. */
type Invariant = "2 client" | "3 outbox" | "4 once" | "5 order" | "6 saga" | "7 pending" | "8 fence";

/** Something that is broken on purpose, by wrapping a seam. */
export interface Mutation {
  journal?(journal: Journal, service: string, place: Place): Journal;
  broker?(broker: Broker, place: Place): Broker;
  transport?(transport: Transport, place: Place): Transport;
  dispatch?(dispatch: Dispatch, place: Place): Dispatch;
  log?(log: MemoryLog): void;
}

export interface Mutant {
  readonly what: string;
  /** By one of which it must be caught. */
  readonly caughtBy: readonly Invariant[];
  readonly mutation: Mutation;
  /** Calls within a process go over the network too. */
  readonly everyCallRemote?: boolean;
}

/** Does `work` in a transaction of its own. */
async function apart(
  { database }: Storage,
  place: Place,
  work: (run: Run) => Promise<unknown>,
): Promise<void> {
  const tx = database.open({ deadlineAt: place.process.now() + 10_000 });
  try {
    await work(tx.run);
    await tx.commit();
  } finally {
    await tx.rollback();
  }
}

/** How far a relay has come by ids: durable, as a cursor is. */
const cursors = new WeakMap<World, Map<string, number>>();

const neverMade = "it never came";

/** Each must be caught, or the simulation proves nothing. */
export const mutants: Readonly<Record<string, Mutant>> = {
  "inbox off": {
    what: "a message that was handled is not remembered",
    caughtBy: ["4 once", "5 order"],
    mutation: {
      journal: (journal) => ({ ...journal, openInbox: (run) => statementOn(run, () => undefined) }),
    },
  },
  "mark before publish": {
    what: "the relay deletes from the outbox and then publishes",
    caughtBy: ["3 outbox", "5 order", "7 pending"],
    mutation: {
      broker: (broker, place) =>
        wrapped(broker, {
          async publish(batch) {
            const ids = new Set(batch.messages.map((message) => message.id));
            await apart(place.storage(batch.publisher), place, (run) =>
              statementOn(run, async (tables) => {
                for (const [key, row] of tables.all<OutboxRow>("outbox"))
                  if (ids.has(row.id)) await tables.put("outbox", key, undefined);
              }),
            );
            await broker.publish(batch);
          },
        }),
    },
  },
  "dual write": {
    what: "events are written in a transaction of their own",
    caughtBy: ["3 outbox", "4 once", "5 order", "7 pending"],
    mutation: {
      journal: (journal, service, place) => ({
        ...journal,
        appendOutbox: (_run, messages) =>
          apart(place.storage(service), place, (run) => Promise.resolve(journal.appendOutbox(run, messages))),
      }),
    },
  },
  "no fence at the broker": {
    what: "the broker takes what a relay publishes that has lost its lease",
    caughtBy: ["8 fence"],
    mutation: {
      log: (log) => {
        const append = log.append.bind(log);
        log.append = (batch, at) => append({ ...batch, fence: 0 }, at);
      },
    },
  },
  "no fence at the saga": {
    what: "a process that has lost a saga writes on",
    caughtBy: ["6 saga", "8 fence"],
    mutation: {
      journal: (journal) => ({
        ...journal,
        recordSaga: async (run, worker, saga, id, steps, progress) => {
          void statementOn(run, async (tables) => {
            const row = (await tables.lock<SagaRow>("saga", `${saga} ${id}`))!;
            await tables.put("saga", `${saga} ${id}`, { ...row, worker });
          }).catch(() => {});
          return journal.recordSaga(run, worker, saga, id, steps, progress);
        },
      }),
    },
  },
  "cursor by id": {
    what: "the relay goes on behind the highest id that it has sent",
    caughtBy: ["7 pending", "5 order"],
    mutation: {
      journal: (journal, service, { world }) => {
        const cursor = cursors.get(world) ?? new Map<string, number>();
        cursors.set(world, cursor);
        return {
          ...journal,
          readOutbox: async (run, limit) =>
            (await journal.readOutbox(run, limit)).filter((m) => m.sequence > (cursor.get(service) ?? 0)),
          deleteOutbox: (run, sequences) => {
            cursor.set(service, Math.max(cursor.get(service) ?? 0, ...sequences));
            return journal.deleteOutbox(run, sequences);
          },
        };
      },
    },
  },
  "no lanes": {
    what: "ids of the outbox are taken without a lock on the lane of the key",
    caughtBy: ["5 order"],
    mutation: {
      journal: (journal) => ({
        ...journal,
        appendOutbox: (run, messages) =>
          statementOn(run, async (tables) => {
            for (const { channel, key, id, body } of messages) {
              const sequence = tables.next("outbox");
              const row: OutboxRow = { sequence, channel, key, id, body, at: tables.now };
              await tables.insert("outbox", String(sequence), row);
            }
          }),
      }),
    },
  },
  "retry without the id": {
    what: "a command that is tried again has another id",
    caughtBy: ["2 client", "6 saga", "7 pending"],
    everyCallRemote: true,
    mutation: {
      transport: (transport, { process }) => {
        const tried = new Set<string>();
        return {
          ...transport,
          call: (address, request, signal) => {
            const { member, header } = request;
            const name = `${member} ${header.id}`;
            if (header.id === undefined || header.settle || !tried.has(name)) {
              tried.add(name);
              return transport.call(address, request, signal);
            }
            const id = `${header.id} ${process.uuid()}`;
            return transport.call(address, { ...request, header: { ...header, id } }, signal);
          },
        };
      },
    },
  },
  "no tombstone": {
    what: "settling a command that never came leaves nothing that refuses it",
    caughtBy: ["6 saga", "7 pending"],
    mutation: {
      journal: (journal) => ({
        ...journal,
        closeCommand: (run, key, state, outcome) =>
          state === "refused"
            ? statementOn(run, async (tables) => {
                await tables.put("command", commandKey(key), undefined);
                return true;
              })
            : journal.closeCommand(run, key, state, outcome),
      }),
    },
  },
  "settle by reading": {
    what: "whether a command happened is read, not settled by insertion",
    caughtBy: ["6 saga", "7 pending"],
    everyCallRemote: true,
    mutation: {
      dispatch: (dispatch, place) => async (request, signal) => {
        const { member, header } = request;
        if (!header.settle) return dispatch(request, signal);
        const { database, journal } = place.storage(serviceNameOf(member));
        const tx = database.open({ readOnly: true, deadlineAt: header.deadlineAt });
        const key = { member, scope: header.caller!, id: header.id! };
        const record = await journal.readCommand(tx.run, key).finally(() => tx.rollback());
        if (record === undefined) throw new StatusError("NOT_FOUND", neverMade);
        return dispatch(request, signal);
      },
    },
  },
  "acknowledge before handling": {
    what: "a delivery is acknowledged as soon as it came",
    caughtBy: ["4 once", "5 order", "7 pending"],
    mutation: {
      broker: (broker) =>
        wrapped(broker, {
          subscribe: (group, deliver) =>
            broker.subscribe(group, async (messages, signal) => {
              deliver(messages, signal).catch(() => {});
            }),
        }),
    },
  },
  "a parked message blocks nothing": {
    what: "later messages of a key pass one that waits to be tried again",
    caughtBy: ["5 order"],
    mutation: {
      journal: (journal) => ({ ...journal, blockedKeys: async () => new Set<string>() }),
    },
  },
  "orphans are not looked for": {
    what: "a saga that its owner was not told of waits until the owner dies (found by the simulation)",
    caughtBy: ["7 pending"],
    mutation: {
      journal: (journal) => ({
        ...journal,
        tick: async (run, ...given) => ({ ...(await journal.tick(run, ...given)), ownSagas: 0 }),
      }),
    },
  },
};

/** A broker with some of its methods replaced. */
function wrapped(broker: Broker, replaced: Partial<Broker>): Broker {
  return {
    register: (groups) => broker.register(groups),
    publish: (batch) => broker.publish(batch),
    subscribe: (group, deliver) => broker.subscribe(group, deliver),
    close: () => broker.close(),
    backlog: () => broker.backlog!(),
    wake: (topic) => broker.wake?.(topic),
    onWake: (topic, listener) => broker.onWake!(topic, listener),
    ...replaced,
  };
}
