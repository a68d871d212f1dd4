import { DeclaredError, StatusError, type AnyCommand } from "kerf";
import type { CommandKey, CommandRecord, CommandState } from "../journal/journal.ts";
import type { Storage } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";

/** The key of a command's record. Ids belong to whoever gives them: the person's at the edge, the calling service's inside. */
export function keyOf(command: AnyCommand, header: CallHeader, id: string): CommandKey {
  const scope = header.caller === undefined ? `edge:${header.actor?.id ?? ""}` : header.caller;
  return { member: command.id, scope, id };
}

export async function readRecord(
  storage: Storage,
  key: CommandKey,
  deadlineAt: number,
): Promise<CommandRecord | undefined> {
  const tx = storage.database.open({ readOnly: true, deadlineAt });
  try {
    const record = await storage.journal.readCommand(tx.run, key);
    await tx.commit();
    return record;
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}

/** Gives what a record holds: the reply, or throws the declared error. `inputHash` refuses another input under the same id. */
export function outcomeOf(
  record: CommandRecord | undefined,
  key: CommandKey,
  inputHash: string | undefined,
): unknown {
  if (!record) throw stillRunning(key);
  if (inputHash !== undefined && record.inputHash !== inputHash) {
    throw new StatusError(
      "FAILED_PRECONDITION",
      `${key.member} "${key.id}" was given before with another input; use another id`,
    );
  }
  const states: Record<CommandState, () => unknown> = {
    ok: () => record.outcome,
    failed: () => {
      const { code, data } = record.outcome as { code: string; data: unknown };
      throw new DeclaredError(key.member, code, data);
    },
    refused: () => {
      throw new StatusError("FAILED_PRECONDITION", `${key.member} "${key.id}" was taken back before it came`);
    },
    open: () => {
      throw stillRunning(key);
    },
    intent: () => {
      throw stillRunning(key);
    },
  };
  return states[record.state]();
}

export function stillRunning(key: CommandKey): StatusError {
  return new StatusError("ABORTED", `${key.member} "${key.id}" is still running; ask again with the same id`);
}
