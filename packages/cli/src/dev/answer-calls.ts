import { problemOfDeclaredError, problemOfStatusError } from "@kerf/gateway/problems";
import type { AnsweredByHand } from "@kerf/runtime";
import { DeclaredError } from "kerf";
import type { RunningProcess } from "../unit.ts";
import { isSupervisorMessage, SUPERVISED, type Called, type UnitMessage } from "./messages.ts";

/** As long as a gateway lets a request take. */
const DEADLINE_MS = 10_000;

/** In a unit: answers the calls that people make by hand. Its supervisor passes them on; nobody else has a way to here. */
export function answerCalls({ callByHand }: Pick<RunningProcess, "callByHand">): { close(): void } {
  const hear = (value: unknown) => {
    if (!isSupervisorMessage(value) || value.kerf !== "call") return;
    const { id, member, input, actor, key } = value;
    void callByHand({
      member,
      input,
      actor,
      id: key,
      deadlineAt: Date.now() + DEADLINE_MS,
    }).then((answered) => {
      const message: UnitMessage = { kerf: "called", id, ...calledOf(answered) };
      if (process.connected) process.send!(message, () => {});
    });
  };
  // Where nobody supervises, whoever has the channel is somebody else.
  if (process.env[SUPERVISED]) process.on("message", hear);
  return { close: () => void process.off("message", hear) };
}

/** What the gateway would answer. Who calls by hand looks after the unit, and is told what else stands in the log only. */
function calledOf({ outcome, traceId }: AnsweredByHand): Called {
  if (outcome.ok) return { status: 200, body: outcome.value, traceId };
  const { error } = outcome;
  const { type, title, status, extensions, detail } =
    error instanceof DeclaredError ? problemOfDeclaredError(error, error.data) : problemOfStatusError(error);
  const said = error instanceof DeclaredError ? detail : error.message || detail;
  return {
    status,
    body: { type, title, status, detail: said, traceId, code: error.code, ...extensions },
    traceId,
  };
}
