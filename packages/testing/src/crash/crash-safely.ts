import type { App } from "kerf";
import type { UnitStatus, UnitTiming } from "@kerf/runtime";
import type { CrashPoint } from "@kerf/runtime/crashpoint";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rig } from "../rig-options.ts";
import { rig } from "../rig.ts";
import { candidates, type Crash } from "./candidates.ts";
import { careful } from "./careful.ts";
import { crashFiles, type CrashFiles } from "./crash-files.ts";

export interface CrashSafelyOptions {
  /** The module whose default export is the app: `new URL("./kerf.config.ts", import.meta.url)`. */
  readonly config: URL;
  /**
   * What is done to the application. Its `call` repeats a call with the same id until the outcome is known, so that a unit
   * that dies meanwhile is not the scenario's concern. Runs once for each crash, each time on new databases.
   */
  readonly run: (rig: Rig) => Promise<unknown>;
  /** What must be true once everything has come to rest. Throws where it is not. */
  readonly check: (rig: Rig) => Promise<unknown>;
  /** Default "monolith": all services in one process, which dies. */
  readonly topology?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly timing?: UnitTiming;
  /** Only these points. */
  readonly points?: readonly CrashPoint[];
  /** How many times of each point, from the first that the scenario comes there to the last. Default 3. */
  readonly hits?: number;
  /** How long everything may take to come to rest after a crash, in milliseconds. Default 20 s. */
  readonly restMs?: number;
  /** How many crashes are tried at the same time. Default 2. */
  readonly atOnce?: number;
}

export interface CrashReport {
  /** Those that the application survived. */
  readonly survived: readonly Crash[];
  /** Those whose place was not reached this time, though it was without a crash. */
  readonly missed: readonly Crash[];
}

/** An application that a crash broke: `failures` says where, and how it showed. */
export class CrashUnsafeError extends Error {
  override readonly name = "CrashUnsafeError";
  readonly failures: readonly { readonly crash: Crash; readonly error: unknown }[];

  constructor(failures: readonly { readonly crash: Crash; readonly error: unknown }[], of: number) {
    const lines = failures.map(({ crash, error }) => {
      const what = error instanceof Error ? error.message : String(error);
      return `  ${crash.point}, time ${crash.nth}, in the unit ${crash.unit}: ${what.split("\n")[0]}`;
    });
    super(`${failures.length} of ${of} crashes broke it:\n${lines.join("\n")}`);
    this.failures = failures;
  }
}

/**
 * Finds out whether a scenario survives a crash anywhere. Runs it once to learn which crash points it comes to, then once
 * for each of them: with real processes, of which one is killed there with SIGKILL and started again. Each time everything
 * must come to rest, with as many dead letters and parked sagas as without a crash, and `check` must pass.
 *
 * ```ts
 * await crashSafely(app, {
 *   config: new URL("./kerf.config.ts", import.meta.url),
 *   run: (box) => box.call(bookings.place, { id: "b1", show: "hamlet", seats: 2 }),
 *   check: async (box) => expect(await box.call(shows.seats, { show: "hamlet" })).toEqual({ left: 1 }),
 * });
 * ```
 *
 * @throws CrashUnsafeError with every crash that broke it; whatever `run` or `check` throw where nothing was killed
 */
export async function crashSafely(app: App, options: CrashSafelyOptions): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), "kerf-crash-"));
  try {
    const learned = await learn(app, options, crashFiles(join(folder, "learned")));
    const queue = candidates(learned.passed, options.points, options.hits);
    const of = queue.length;
    const survived: Crash[] = [];
    const missed: Crash[] = [];
    const failures: { crash: Crash; error: unknown }[] = [];
    const workers = Array.from({ length: options.atOnce ?? 2 }, async () => {
      for (let crash = queue.shift(); crash; crash = queue.shift()) {
        const files = crashFiles(join(folder, `${queue.length}`), {
          [crash.unit]: `${crash.point}:${crash.nth}`,
        });
        try {
          await live(app, options, files, learned.left);
          (files.deaths(crash.unit).length > 0 ? survived : missed).push(crash);
        } catch (error) {
          failures.push({ crash, error });
        }
      }
    });
    await Promise.all(workers);
    if (failures.length > 0) throw new CrashUnsafeError(failures, of);
    return { survived, missed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What cannot be finished without a person. */
interface Left {
  readonly deadLetters: number;
  readonly parkedSagas: number;
}

async function learn(app: App, options: CrashSafelyOptions, files: CrashFiles) {
  await using box = await started(app, options, files);
  const left = await play(box, options);
  return { left, passed: new Map([...box.processes.keys()].map((unit) => [unit, files.passed(unit)])) };
}

async function live(app: App, options: CrashSafelyOptions, files: CrashFiles, expected: Left): Promise<void> {
  await using box = await started(app, options, files);
  const left = await play(box, options);
  for (const kind of ["deadLetters", "parkedSagas"] as const) {
    if (left[kind] !== expected[kind])
      throw new Error(`${kind} is ${left[kind]}; without a crash it is ${expected[kind]}`);
  }
}

function started(app: App, options: CrashSafelyOptions, files: CrashFiles): Promise<Rig> {
  const { config, settings, timing } = options;
  return rig(app, {
    mode: "processes",
    topology: options.topology ?? "monolith",
    supervise: true,
    config,
    ...(settings && { settings }),
    // A second instead of half a minute: nobody wants to wait for leases to run out.
    timing: { leaseMs: 1_000, pollMs: 200, ...timing },
    settingsOf: (unit) => files.settingsOf(unit),
  });
}

async function play(box: Rig, { run, check, restMs }: CrashSafelyOptions): Promise<Left> {
  const client = careful(box);
  await run(client);
  await box.settled({ withinMs: restMs ?? 20_000 });
  await check(client);
  return leftOf(await box.status());
}

function leftOf(units: readonly UnitStatus[]): Left {
  const sum = (kind: keyof Left): number => units.reduce((total, unit) => total + unit[kind], 0);
  return { deadLetters: sum("deadLetters"), parkedSagas: sum("parkedSagas") };
}
