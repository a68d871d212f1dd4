import { DatabaseError } from "../data/errors.ts";
import type { CommandKey, CommandState, NewSaga, SagaState, StepState } from "./journal.ts";

/** The rows of the journal in memory: those of `schema.ts`, with milliseconds for times and JSON as text. */

export interface CommandRow {
  readonly inputHash: string;
  readonly state: CommandState;
  readonly outcome: string;
  readonly bySaga: boolean;
  readonly at: number;
}

export interface OutboxRow {
  readonly sequence: number;
  readonly channel: string;
  readonly key: string;
  readonly id: string;
  readonly body: string;
  readonly at: number;
}

export interface ParkedRow extends Omit<OutboxRow, "sequence" | "at"> {
  readonly parkedId: number;
  readonly state: "waiting" | "dead" | "dropped";
  readonly attempts: number;
  readonly error: string;
  readonly firstFailedAt: number;
  readonly nextAt: number;
  readonly deadAt?: number;
  readonly cause?: string;
  /** Who tries it now. */
  readonly worker?: string | undefined;
}

export interface WorkerRow {
  readonly replica: string;
  readonly expiresAt: number;
}

export interface LeaseRow {
  readonly worker: string | undefined;
  readonly fence: number;
}

export interface SlotRow {
  readonly everyMs: number;
  readonly nextAt: number;
}

export interface SagaRow extends Omit<NewSaga, "input" | "actor"> {
  readonly input: string;
  readonly actor: string;
  readonly state: SagaState;
  readonly error: string | undefined;
  readonly worker: string | undefined;
  readonly mail: number;
  readonly nextAt: number;
  readonly endedAt: number | undefined;
  readonly parkedReason?: string | undefined;
}

export interface StepRow {
  readonly saga: string;
  readonly position: number;
  readonly name: string;
  readonly member: string;
  readonly inputHash: string;
  readonly commandId: string;
  readonly state: StepState;
  readonly output: string;
  readonly refusals: number;
  readonly at: number;
}

export interface HearsRow {
  readonly types: readonly string[];
}

export interface MailRow {
  readonly saga: string;
  readonly position: number;
  readonly event: string;
  readonly messageId: string;
  readonly version: number;
  readonly data: string;
}

export const commandKey = ({ member, scope, id }: CommandKey): string => `${member} ${scope} ${id}`;

/** Sorts by what `of` gives, ascending. */
export function by<T>(of: (item: T) => number): (a: T, b: T) => number {
  return (a, b) => of(a) - of(b);
}

export const isLive = ({ state }: { readonly state: SagaState }): boolean =>
  state === "running" || state === "undoing";

export const toJson = (value: unknown): string => JSON.stringify(value ?? null);

/** Inserts unless it is there: as `on conflict do nothing`. */
export function unlessThere(error: unknown): void {
  if (!(error instanceof DatabaseError && error.kind === "unique")) throw error;
}
