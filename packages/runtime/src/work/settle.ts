import { StatusError } from "kerf";
import { hashValue } from "../journal/hash.ts";
import type { CommandKey } from "../journal/journal.ts";
import type { CallHeader } from "../transport/transport.ts";
import { runCommand, type CommandEndpoint } from "./command.ts";
import { keyOf, outcomeOf, readRecord } from "./record.ts";
import { fresh, transact } from "./transact.ts";

/**
 * Settles what became of a command: its reply or declared error; where it never came, a tombstone is left that
 * refuses it from now on (NOT_FOUND). An intent is carried on, for the outside world may have been asked already.
 * ABORTED while it is undecided.
 */
export async function settleCommand(
  endpoint: CommandEndpoint,
  input: unknown,
  header: CallHeader,
): Promise<unknown> {
  const { command, port } = endpoint;
  const { storage } = port;
  if (!storage) {
    throw new StatusError(
      "FAILED_PRECONDITION",
      `${command.id} belongs to a service without a database: nothing remembers what became of it`,
    );
  }
  if (header.id === undefined)
    throw new StatusError("INVALID_ARGUMENT", `settling ${command.id} takes the id that it was given with`);
  const { journal, database } = storage;
  const key = keyOf(command, header, header.id);
  const inputHash = hashValue(input);
  const done = await transact(database, {
    clock: port.clock,
    deadlineAt: header.deadlineAt,
    open: (run) => fresh(journal.openCommand(run, key, inputHash, "open", header.via === "saga")),
    body: async () => undefined,
    close: (run) => void journal.closeCommand(run, key, "refused", null).catch(() => {}),
  });
  if (!done.repeated) throw neverCame(key);
  const record = await readRecord(storage, key, header.deadlineAt);
  if (record?.state === "refused") throw neverCame(key);
  if (record?.state === "intent") return runCommand(endpoint, input, header, undefined);
  return outcomeOf(record, key, undefined);
}

function neverCame(key: CommandKey): StatusError {
  return new StatusError("NOT_FOUND", `${key.member} "${key.id}" never came, and is refused from now on`);
}
