import {
  DeclaredError,
  durationMs,
  StatusError,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type StepOptions,
} from "kerf";
import { traceIdOf } from "../call/trace.ts";
import type { SagaRecord, StepRecord } from "../journal/journal.ts";
import type { CallHeader } from "../transport/transport.ts";
import { describeError, diverged, fromSagaError, noteRefusal, toSagaError } from "./errors.ts";
import { inBranch, runAll } from "./branches.ts";
import type { Attempt, LiveSaga, SagaParts, Undo } from "./live-saga.ts";
import { Recorder, Stopped } from "./recorder.ts";
import { Halted, Rest } from "./rest.ts";
import { mayTryAgain, pauseMs } from "./step-policy.ts";
import { SagaSpans } from "./spans.ts";
import { runAsk, runStep } from "./steps.ts";
import { undoAll } from "./undo.ts";
import { recorded, runSleep, runWaitFor } from "./waits.ts";

type SagaEnd = "done" | "refused" | "parked" | "suspended" | "lost";

/** One saga in this process's memory: `run` from the top, with what is recorded answered from the record. */
export class SagaRun implements LiveSaga {
  readonly record: SagaRecord;
  readonly recorder: Recorder;
  readonly parts: SagaParts;
  readonly spans: SagaSpans;
  readonly undos = new Map<string, Undo>();
  /** Names of this run already used; a second use, or a recorded one that is never used, means that the code changed. */
  readonly #used = new Set<string>();
  #stop!: (reason: Stopped) => void;
  readonly #stopped: Promise<never>;
  unguarded: string | undefined;
  forwardOnly = false;
  prefix = "";
  /** Calls of commands that are under way: several inside `all`. */
  readonly #calling = new Set<Promise<unknown>>();
  readonly #rest: Rest;
  #failing = false;
  #fail: (error: StatusError) => void = () => {};

  constructor(parts: SagaParts, record: SagaRecord, steps: readonly StepRecord[]) {
    this.parts = parts;
    this.record = record;
    this.spans = new SagaSpans(parts.port, record);
    this.recorder = new Recorder(parts, record, steps);
    this.#rest = new Rest(parts.port.clock, parts.limits.memoryMs, parts.draining, (inMs, seenMail) =>
      this.#leave(inMs, seenMail),
    );
    this.#stopped = new Promise((_, reject) => (this.#stop = reject));
    this.#stopped.catch(() => {});
  }

  /** Runs it until it ended, is parked, waits for long, or is somebody else's. Says which. */
  async execute(): Promise<SagaEnd> {
    return this.spans.run(() => this.#execute());
  }

  async #execute(): Promise<SagaEnd> {
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
    const failure = await this.#untilFailure(() => run(structuredClone(this.record.input), this.#context()));
    if (failure instanceof Stopped) throw failure;
    if (!(failure instanceof StatusError)) this.#allReached("");
    if (failure === undefined) {
      if (wasUndoing) throw diverged("it is being undone, but its code now succeeds");
      await this.recorder.commit({ state: "done" });
      return "done";
    }
    if (this.forwardOnly) {
      noteRefusal(this.recorder, failure);
      throw new Stopped("parked", `it failed after a final step: ${describeError(failure)}`);
    }
    return this.#refuse(failure);
  }

  async #refuse(failure: unknown): Promise<"refused"> {
    const error = this.recorder.error ?? toSagaError(failure);
    this.recorder.state = "undoing";
    this.recorder.error = error;
    await undoAll(this);
    if (this.parts.facts.refused) {
      this.prefix = "refused: ";
      this.forwardOnly = true;
      this.unguarded = undefined;
      const told = {
        id: this.record.id,
        input: structuredClone(this.record.input),
        error: fromSagaError(error),
      };
      const { refused } = this.parts.facts;
      const failed = await this.#untilFailure(() => refused(told, this.#context()));
      if (failed instanceof Stopped) throw failed;
      if (failed !== undefined) {
        noteRefusal(this.recorder, failed);
        throw new Stopped(
          "parked",
          `everything is undone, but its \`refused\` failed: ${describeError(failed)}`,
        );
      }
      this.#allReached(this.prefix);
    }
    await this.recorder.commit({ state: "refused" });
    return "refused";
  }

  /**
   * Runs the author's code to its end; gives what it failed with. A status error ends it from outside: only declared
   * errors are thrown into it. Steps that are at work in other branches are waited for.
   */
  async #untilFailure(code: () => Promise<void>): Promise<unknown> {
    this.#failing = false;
    this.#rest.begin();
    const given = new Promise<never>((_, reject) => (this.#fail = reject));
    try {
      await Promise.race([inBranch(code), given]);
      return undefined;
    } catch (error) {
      await Promise.allSettled(this.#calling);
      return error ?? new Error("its code failed without a reason");
    }
  }

  async #park(message: string): Promise<"parked" | "lost"> {
    const { state } = this.recorder;
    const from = state === "undoing" ? "undoing" : "running";
    this.log().error(
      { reason: message, from },
      `the saga ${this.record.name} "${this.record.id}" is parked: ${message}`,
    );
    try {
      await this.recorder.commit({ state: "parked", parked: { reason: message, from } });
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

  /** Leaves memory until `inMs` have passed, or more mail has come than was seen. */
  async #leave(inMs: number, seenMail: number | undefined): Promise<never> {
    const resumeInMs = Math.max(0, Math.ceil(inMs));
    const written = await this.recorder.commit({
      resumeInMs,
      ...(seenMail === undefined ? {} : { seenMail }),
    });
    this.parts.due(written === "due" ? 0 : resumeInMs);
    return this.stop(new Stopped("suspended", "it waits"));
  }

  pause(ms: number, seenMail?: number): Promise<void> {
    return this.#rest.pause(ms, { ends: true, seenMail });
  }

  async attempt(member: AnyQuery | AnyCommand, input: unknown, how: Attempt): Promise<unknown> {
    const { id, since, limitMs, settle, traceparent } = how;
    const { clock } = this.parts.port;
    for (;;) {
      if (this.parts.draining.aborted) return this.#leave(0, undefined);
      const header: CallHeader = {
        id,
        deadlineAt: clock.now() + this.parts.limits.tryMs,
        caller: this.parts.port.definition.name,
        // Nobody is null in a record.
        actor: (this.record.actor ?? undefined) as CallHeader["actor"],
        via: "saga",
        traceparent,
        baggage: this.record.baggage,
        retry: false,
        ...(settle ? { settle } : {}),
      };
      try {
        return await this.parts.port.outbound(member, input, header, undefined);
      } catch (error) {
        const elapsed = clock.now() - since;
        if (error instanceof DeclaredError || !mayTryAgain(error) || elapsed >= limitMs) throw error;
        this.log().warn(
          { member: member.id, code: (error as StatusError).code },
          `a step of the saga ${this.record.name} is tried again: ${(error as Error).message}`,
        );
        how.onRetry?.();
        // A query matters to nobody once the saga has failed; a command's outcome must be known.
        await this.#rest.pause(
          pauseMs(elapsed, () => clock.random()),
          { ends: id === undefined },
        );
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
    const { clock } = this.parts.port;
    return {
      id: this.record.id,
      log: this.log(),
      step: (name: string, member: AnyCommand, input: unknown, options: StepOptions<any, any> = {}) =>
        this.#guarded(() => this.#call(runStep(this, name, member, input, options))),
      ask: (name: string, member: AnyQuery, input: unknown) =>
        this.#guarded(() => runAsk(this, name, member, input)),
      sleep: (name: string, time: string) =>
        this.#guarded(() => runSleep(this, name, durationMs(time, `sleep("${name}")`))),
      waitFor: (name: string, event: AnyEvent, options: { within: string }) =>
        this.#guarded(() => runWaitFor(this, name, event, durationMs(options.within, `waitFor("${name}")`))),
      all: runAll,
      now: () => this.#guarded(() => recorded(this, "$now", () => new Date(clock.now()).toISOString())),
      uuid: () => this.#guarded(() => recorded(this, "$uuid", () => clock.uuid())),
      random: () => this.#guarded(() => recorded(this, "$random", () => clock.random())),
    };
  }

  get failing(): boolean {
    return this.#failing;
  }

  #call<T>(calling: Promise<T>): Promise<T> {
    this.#calling.add(calling);
    return calling.finally(() => this.#calling.delete(calling));
  }

  /** Only declared errors reach `run`: its catch could swallow what is not for it. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failing) return new Promise(() => {});
    try {
      return await this.#rest.at(work);
    } catch (error) {
      if (error instanceof DeclaredError) throw error;
      if (error instanceof Halted) return new Promise(() => {});
      if (!(error instanceof StatusError))
        return this.stop(
          error instanceof Stopped ? error : new Stopped("parked", `its machinery failed: ${String(error)}`),
        );
      // When it resumes, the other branches first pass what is recorded of them, so that it can be undone.
      await this.parts.port.clock.turn();
      this.#failing = true;
      this.#rest.halt();
      this.#fail(error);
      return new Promise(() => {});
    }
  }

  recall(
    name: string,
    member: string,
    inputHash: string,
    names: readonly string[] = [member],
  ): StepRecord | undefined {
    const full = this.prefix + name;
    if (this.#used.has(full)) throw diverged(`two of its steps are called "${name}"`);
    this.#used.add(full);
    const known = this.recorder.steps.get(full);
    if (known && (!names.includes(known.member) || known.inputHash !== inputHash))
      throw diverged(
        `its step "${name}" is not what was recorded: ${known.member} then, ${member} now, or another input`,
      );
    return known;
  }

  /** The recorded steps that its code has not come to. */
  get unreached(): readonly string[] {
    return [...this.recorder.steps.keys()].filter((name) => !this.#used.has(name));
  }

  #allReached(prefix: string): void {
    for (const name of this.recorder.steps.keys()) {
      const ours = prefix === "" ? !name.startsWith("refused: ") : name.startsWith(prefix);
      if (ours && !this.#used.has(name)) throw diverged(`its recorded step "${name}" was not reached`);
    }
  }
}
