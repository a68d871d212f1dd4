import {
  DeclaredError,
  durationMs,
  StatusError,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type SagaFacts,
  type StatusCode,
  type StepOptions,
} from "kerf";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { childOf, traceIdOf } from "../call/trace.ts";
import { hashValue } from "../journal/hash.ts";
import type { SagaError, SagaRecord, StepRecord } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import { Recorder, Stopped } from "./recorder.ts";
import { mayTryAgain, pauseMs, type SagaLimits } from "./step-policy.ts";
import { undoAll, type Undo } from "./undo.ts";

export interface SagaParts {
  readonly port: ServicePort;
  readonly facts: SagaFacts;
  readonly worker: string;
  readonly limits: SagaLimits;
  /** Aborted when the unit drains: the saga stops at its next step. */
  readonly draining: AbortSignal;
}

/** One saga in this process's memory: `run` from the top, with what is recorded answered from the record. */
export class SagaRun {
  readonly record: SagaRecord;
  readonly recorder: Recorder;
  readonly parts: SagaParts;
  readonly undos = new Map<string, Undo>();
  /** Names of this run already used; a second use, or a recorded one that is never used, means that the code changed. */
  readonly #used = new Set<string>();
  #stop!: (reason: Stopped) => void;
  readonly #stopped: Promise<never>;
  /** The step that would need an `undo` if another followed. */
  #open: string | undefined;
  #forwardOnly = false;
  #counter = 0;
  #prefix = "";
  /** Steps at work now: several inside `all`. */
  readonly #working = new Set<Promise<unknown>>();
  #failing = false;
  #fail: (error: StatusError) => void = () => {};

  constructor(parts: SagaParts, record: SagaRecord, steps: readonly StepRecord[]) {
    this.parts = parts;
    this.record = record;
    this.recorder = new Recorder(parts.port.storage!, parts.worker, record, steps);
    this.#stopped = new Promise((_, reject) => (this.#stop = reject));
    this.#stopped.catch(() => {});
  }

  /** Runs it until it ended, is parked, waits for long, or is somebody else's. Says which. */
  async execute(): Promise<"done" | "refused" | "parked" | "suspended" | "lost"> {
    try {
      return await Promise.race([this.#whole(), this.#stopped]);
    } catch (error) {
      if (!(error instanceof Stopped)) return this.#park(`its code failed: ${String(error)}`);
      return error.reason === "parked" ? this.#park(error.message) : error.reason;
    }
  }

  async #whole(): Promise<"done" | "refused" | "parked"> {
    const run = this.parts.facts.runs.get(this.record.version);
    if (!run)
      throw new Stopped(
        "parked",
        `this deployment has no version ${this.record.version} of it; add it under \`older\``,
      );
    const wasUndoing = this.record.state === "undoing";
    const failure = await this.#untilFailure(run(structuredClone(this.record.input), this.#context()));
    if (failure instanceof Stopped) throw failure;
    if (!(failure instanceof StatusError)) this.#allReached("");
    if (failure === undefined) {
      if (wasUndoing) throw diverged("it is being undone, but its code now succeeds");
      await this.recorder.commit({ state: "done" });
      return "done";
    }
    if (this.#forwardOnly)
      throw new Stopped("parked", `it failed after a final step: ${describeError(failure)}`);
    return this.#refuse(failure);
  }

  async #refuse(failure: unknown): Promise<"refused"> {
    const error = this.recorder.error ?? toSagaError(failure);
    this.recorder.state = "undoing";
    this.recorder.error = error;
    await undoAll(this);
    if (this.parts.facts.refused) {
      this.#prefix = "refused: ";
      this.#forwardOnly = true;
      this.#open = undefined;
      const told = {
        id: this.record.id,
        input: structuredClone(this.record.input),
        error: fromSagaError(error),
      };
      const failed = await this.#untilFailure(this.parts.facts.refused(told, this.#context()));
      if (failed instanceof Stopped) throw failed;
      if (failed !== undefined)
        throw new Stopped(
          "parked",
          `everything is undone, but its \`refused\` failed: ${describeError(failed)}`,
        );
      this.#allReached(this.#prefix);
    }
    await this.recorder.commit({ state: "refused" });
    return "refused";
  }

  /**
   * Runs the author's code to its end; gives what it failed with. A status error ends it from outside: only declared
   * errors are thrown into it. Steps that are at work in other branches are waited for.
   */
  async #untilFailure(code: Promise<void>): Promise<unknown> {
    this.#failing = false;
    const given = new Promise<never>((_, reject) => (this.#fail = reject));
    try {
      await Promise.race([code, given]);
      return undefined;
    } catch (error) {
      await Promise.allSettled(this.#working);
      return error ?? new Error("its code failed without a reason");
    }
  }

  async #park(message: string): Promise<"parked" | "lost"> {
    const error = { code: "PARKED", message };
    this.log().error({ error }, `the saga ${this.record.name} "${this.record.id}" is parked: ${message}`);
    try {
      await this.recorder.commit({ state: "parked", error });
      return "parked";
    } catch (failed) {
      if (failed instanceof Stopped) return "lost";
      throw failed;
    }
  }

  /** Stops the whole saga from within a step, whose caller then waits for ever. */
  stop(reason: Stopped): Promise<never> {
    this.#stop(reason);
    return new Promise(() => {});
  }

  /** Leaves memory until `inMs` have passed. */
  async suspend(inMs: number): Promise<never> {
    await this.recorder.commit({ resumeInMs: Math.ceil(inMs) });
    return this.stop(new Stopped("suspended", "it waits"));
  }

  /** Waits here, or leaves memory where that would be long. */
  async pause(ms: number): Promise<void> {
    if (ms > this.parts.limits.memoryMs || this.parts.draining.aborted) return this.suspend(ms);
    try {
      await sleep(ms, undefined, { signal: this.parts.draining });
    } catch {
      return this.suspend(ms);
    }
  }

  /** One call of the saga, tried again until it has an outcome or `limitMs` have passed since `since`. */
  async attempt(
    member: AnyQuery | AnyCommand,
    input: unknown,
    id: string | undefined,
    since: number,
    limitMs: number,
    settle = false,
  ): Promise<unknown> {
    for (;;) {
      if (this.parts.draining.aborted) return this.suspend(0);
      const header: CallHeader = {
        id,
        deadlineAt: Date.now() + this.parts.limits.tryMs,
        caller: this.parts.port.definition.name,
        actor: this.record.actor as CallHeader["actor"],
        via: "saga",
        traceparent: childOf(this.record.traceparent),
        retry: false,
        ...(settle ? { settle } : {}),
      };
      try {
        return await this.parts.port.outbound(member, input, header, undefined);
      } catch (error) {
        const elapsed = Date.now() - since;
        if (error instanceof DeclaredError || !mayTryAgain(error) || elapsed >= limitMs) throw error;
        this.log().warn(
          { member: member.id, code: (error as StatusError).code },
          `a step of the saga ${this.record.name} is tried again: ${(error as Error).message}`,
        );
        await this.pause(pauseMs(elapsed));
      }
    }
  }

  log() {
    return this.parts.port.log.child({
      saga: this.record.name,
      sagaId: this.record.id,
      traceId: traceIdOf(this.record.traceparent),
    });
  }

  #context() {
    return {
      id: this.record.id,
      log: this.log(),
      step: (name: string, member: AnyCommand, input: unknown, options: StepOptions<any, any> = {}) =>
        this.#guarded(() => this.#step(name, member, input, options)),
      ask: (name: string, member: AnyQuery, input: unknown) =>
        this.#guarded(() => this.#ask(name, member, input)),
      sleep: (name: string, time: string) =>
        this.#guarded(() => this.#sleep(name, durationMs(time, `sleep("${name}")`))),
      waitFor: (name: string, event: AnyEvent, options: { within: string }) =>
        this.#guarded(() => this.#waitFor(name, event, durationMs(options.within, `waitFor("${name}")`))),
      all: (branches: readonly (() => Promise<unknown>)[]) => this.#all(branches),
      now: () => this.#recorded("$now", () => new Date().toISOString()),
      uuid: () => this.#recorded("$uuid", () => randomUUID()),
      random: () => this.#recorded("$random", () => Math.random()),
    };
  }

  /** Only declared errors reach `run`: its catch could swallow what is not for it. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failing) return new Promise(() => {});
    const working = work();
    this.#working.add(working);
    try {
      return await working;
    } catch (error) {
      if (error instanceof DeclaredError) throw error;
      if (!(error instanceof StatusError))
        return this.stop(
          error instanceof Stopped ? error : new Stopped("parked", `its machinery failed: ${String(error)}`),
        );
      // When it resumes, the other branches first pass what is recorded of them, so that it can be undone.
      await new Promise(setImmediate);
      this.#failing = true;
      this.#fail(error);
      return new Promise(() => {});
    } finally {
      this.#working.delete(working);
    }
  }

  async #step(
    name: string,
    member: AnyCommand,
    given: unknown,
    options: StepOptions<any, any>,
  ): Promise<unknown> {
    if (this.#open !== undefined && !this.#forwardOnly) {
      throw new Stopped(
        "parked",
        `its step "${this.#open}" is followed by "${name}" but has neither undo nor final: true`,
      );
    }
    const input = this.#checked(member, given, name);
    const known = this.#recall(name, member.id, hashValue([member.id, input]));
    const commandId = `${this.record.name}/${this.record.id}/${this.#prefix}${name}`;
    if (options.undo)
      this.undos.set(this.#prefix + name, {
        member,
        input,
        undo: options.undo[0],
        undoInput: options.undo[1],
      });
    if (known?.state === "failed") throw fromSagaError(known.output as SagaError);
    if (known?.state !== "done" && known?.state !== "undone") {
      if (known === undefined) {
        if (this.recorder.state === "undoing" && this.#prefix === "")
          throw diverged(`its step "${name}" was never recorded, but it is being undone`);
        this.recorder.put({
          name: this.#prefix + name,
          member: member.id,
          inputHash: hashValue([member.id, input]),
          commandId,
          state: "started",
          output: null,
        });
        await this.recorder.commit();
      }
      await this.#outcome(
        this.recorder.steps.get(this.#prefix + name)!,
        member,
        input,
        this.#forwardOnly || options.final === true,
      );
    }
    if (options.final) this.#forwardOnly = true;
    if (!options.undo && !options.final && !this.#forwardOnly) this.#open = name;
    return structuredClone(this.recorder.steps.get(this.#prefix + name)!.output);
  }

  /** Calls the step until its outcome is known, and records that. */
  async #outcome(step: StepRecord, member: AnyCommand, input: unknown, forward: boolean): Promise<void> {
    const { limits } = this.parts;
    try {
      let output: unknown;
      try {
        output = await this.attempt(
          member,
          input,
          step.commandId,
          step.at,
          forward ? Infinity : limits.stepMs,
        );
      } catch (error) {
        if (error instanceof DeclaredError || !mayTryAgain(error)) throw error;
        // Its outcome is unknown: before anything is undone, the callee says what happened, and refuses a late arrival.
        output = await this.attempt(member, input, step.commandId, Date.now(), limits.undoMs, true);
      }
      this.recorder.put({ ...step, state: "done", output: output ?? null });
    } catch (error) {
      if (error instanceof DeclaredError || error instanceof StatusError) {
        this.recorder.put({ ...step, state: "failed", output: toSagaError(error) });
      }
      throw error;
    }
  }

  async #ask(name: string, member: AnyQuery, given: unknown): Promise<unknown> {
    const input = this.#checked(member, given, name);
    const inputHash = hashValue([member.id, input]);
    const known = this.#recall(name, member.id, inputHash);
    if (known?.state === "failed") throw fromSagaError(known.output as SagaError);
    if (known) return structuredClone(known.output);
    const record = { name: this.#prefix + name, member: member.id, inputHash, commandId: "" };
    try {
      const output = await this.attempt(member, input, undefined, Date.now(), this.parts.limits.stepMs);
      this.recorder.put({ ...record, state: "done", output });
      return structuredClone(output);
    } catch (error) {
      if (error instanceof DeclaredError || error instanceof StatusError)
        this.recorder.put({ ...record, state: "failed", output: toSagaError(error) });
      throw error;
    }
  }

  async #sleep(name: string, ms: number): Promise<void> {
    const known = this.#recall(name, "$sleep", String(ms));
    if (known?.state === "done") return;
    const step =
      known ??
      this.recorder.put({
        name: this.#prefix + name,
        member: "$sleep",
        inputHash: String(ms),
        commandId: "",
        state: "started",
        output: Date.now() + ms,
      });
    const left = (step.output as number) - Date.now();
    if (!known) await this.recorder.commit();
    if (left > 0) await this.pause(left);
    this.recorder.put({ ...step, state: "done" });
  }

  async #waitFor(name: string, event: AnyEvent, ms: number): Promise<unknown> {
    const known = this.#recall(name, event.id, String(ms));
    if (known?.state === "done") return structuredClone(known.output) ?? undefined;
    const step =
      known ??
      this.recorder.put({
        name: this.#prefix + name,
        member: event.id,
        inputHash: String(ms),
        commandId: "",
        state: "started",
        output: { until: Date.now() + ms },
      });
    if (!known) await this.recorder.commit();
    const { until } = step.output as { until: number };
    // Each message is taken once: by the steps that are done, in the order of arrival.
    const taken = new Set(
      this.recorder.inOrder
        .filter((s) => s.state === "done")
        .map((s) => (s.output as { $mail?: string } | null)?.$mail),
    );
    const mail = (await this.#mail()).find((item) => item.event === event.id && !taken.has(item.messageId));
    if (mail) {
      this.recorder.put({
        ...step,
        state: "done",
        output: { ...(mail.data as object), $mail: mail.messageId },
      });
      return structuredClone(mail.data);
    }
    const left = until - Date.now();
    if (left > 0) {
      // Mail that comes from now on finds the saga waiting and makes it due; mail that came just before is looked for again.
      await this.recorder.commit({
        resumeInMs: (await this.#mail()).some((item) => item.event === event.id && !taken.has(item.messageId))
          ? 0
          : Math.min(left, 5_000),
      });
      return this.stop(new Stopped("suspended", "it waits for an event"));
    }
    this.recorder.put({ ...step, state: "done", output: null });
    return undefined;
  }

  async #mail() {
    const { database, journal } = this.parts.port.storage!;
    const tx = database.open({ readOnly: true, deadlineAt: Date.now() + 10_000 });
    try {
      const mail = await journal.readMail(tx.run, this.record.name, this.record.id);
      await tx.commit();
      return mail;
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }

  async #all(branches: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
    const ends = await Promise.allSettled(branches.map((branch) => branch()));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
    return ends.map((end) => (end as PromiseFulfilledResult<unknown>).value);
  }

  async #recorded<T>(kind: string, make: () => T): Promise<T> {
    return this.#guarded(async () => {
      const name = `${kind} ${++this.#counter}`;
      const known = this.#recall(name, kind, "");
      if (known) return known.output as T;
      const output = make();
      this.recorder.put({
        name: this.#prefix + name,
        member: kind,
        inputHash: "",
        commandId: "",
        state: "done",
        output,
      });
      return output;
    });
  }

  #recall(name: string, member: string, inputHash: string): StepRecord | undefined {
    const full = this.#prefix + name;
    if (this.#used.has(full)) throw diverged(`two of its steps are called "${name}"`);
    this.#used.add(full);
    const known = this.recorder.steps.get(full);
    if (known && (known.member !== member || known.inputHash !== inputHash))
      throw diverged(
        `its step "${name}" is not what was recorded: ${known.member} then, ${member} now, or another input`,
      );
    return known;
  }

  #allReached(prefix: string): void {
    for (const name of this.recorder.steps.keys()) {
      const ours = prefix === "" ? !name.startsWith("refused: ") : name.startsWith(prefix);
      if (ours && !this.#used.has(name)) throw diverged(`its recorded step "${name}" was not reached`);
    }
  }

  #checked(member: AnyQuery | AnyCommand, given: unknown, name: string): unknown {
    const checked = this.parts.port.validatorOf(member as AnyCommand)(given);
    if (checked.ok) return checked.value;
    throw new StatusError(
      "INVALID_ARGUMENT",
      `the input of the step "${name}" does not fit ${member.id}: ${checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ")}`,
    );
  }
}

function diverged(what: string): Stopped {
  return new Stopped(
    "parked",
    `it diverged: ${what}. Keep the old code under \`older\` and raise \`version\``,
  );
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function toSagaError(error: unknown): SagaError {
  if (error instanceof DeclaredError)
    return { code: error.code, message: error.message, member: error.member, data: error.data };
  const known = StatusError.from(error);
  return { code: known.code, message: error instanceof StatusError ? known.message : describeError(error) };
}

export function fromSagaError(error: SagaError): DeclaredError | StatusError {
  return error.member === undefined
    ? new StatusError(error.code as StatusCode, error.message)
    : new DeclaredError(error.member, error.code, error.data);
}
