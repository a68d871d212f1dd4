import { DeclarationError, type Sql } from "kerf";
import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { crashPoints, type CrashMoment, type CrashPoint } from "./points.ts";

/** Where this process dies, and what it tells of the points that it passes. */
interface Armed {
  /** The one that is next, and how often it is passed before it counts. */
  readonly fatal: { readonly point: CrashPoint; left: number } | undefined;
  /** A file that says what was reached: a process that was started again does not die again. */
  readonly mark: string | undefined;
  /** A file that gets a line for each point passed. */
  readonly trail: string | undefined;
}

let armed: Armed | undefined;

/** Kills this process with SIGKILL if it was told to die here. Otherwise costs one comparison. */
export function crashpoint(point: CrashPoint): void {
  if (armed !== undefined) reach(armed, point);
}

/** {@link crashpoint}, once what is being sent now has left this process. */
export function crashpointWhenSent(point: CrashPoint): void {
  // The driver gathers what is sent until the next turn of the event loop.
  if (armed !== undefined) setImmediate(() => setImmediate(() => crashpoint(point)));
}

/** Passes a point before `work`, and one after it has succeeded. */
export function crashAround<T>(moment: CrashMoment, work: () => Promise<T>): Promise<T> {
  return armed === undefined ? work() : around(moment, work);
}

async function around<T>(moment: CrashMoment, work: () => Promise<T>): Promise<T> {
  crashpoint(`${moment}.before`);
  const result = await work();
  crashpoint(`${moment}.after`);
  return result;
}

/**
 * Reads from the environment where this process is to die, for tests of what a crash leaves behind:
 *
 * - `KERF_CRASHPOINT=name[:nth][,name[:nth]…]`: at the nth time that it comes to the first of them; once started again,
 *   at the second, and so on.
 * - `KERF_CRASHPOINT_MARK=file`: gets the name of each that was reached, the time (Date.now() milliseconds) and the process, on disk
 *   before it dies.
 * - `KERF_CRASHPOINT_TRAIL=file`: gets the same of each point that is passed.
 *
 * @throws DeclarationError in production, for a name that there is not, and without a file for the mark
 */
export function armCrashpoint(settings: Readonly<Record<string, string | undefined>>): void {
  const chosen = settings["KERF_CRASHPOINT"] || undefined;
  const mark = settings["KERF_CRASHPOINT_MARK"] || undefined;
  const trail = settings["KERF_CRASHPOINT_TRAIL"] || undefined;
  if (chosen === undefined && trail === undefined) return;
  if (settings["NODE_ENV"] === "production") {
    throw new DeclarationError(
      chosen === undefined ? "KERF_CRASHPOINT_TRAIL" : "KERF_CRASHPOINT",
      "is set in production",
      "it makes this process kill itself, for tests: unset it, or set NODE_ENV to something else",
    );
  }
  if (chosen !== undefined && mark === undefined) {
    throw new DeclarationError(
      "KERF_CRASHPOINT",
      "is set without KERF_CRASHPOINT_MARK",
      "name a file there, which tells a process that is started again that it died already",
    );
  }
  const all = (chosen ?? "").split(",").filter((text) => text !== "");
  const fatal = all.map(read)[mark === undefined ? 0 : reached(mark).length];
  armed = { fatal, mark, trail };
}

function read(text: string): { point: CrashPoint; left: number } {
  const [name, nth = "1"] = text.split(":");
  const point = crashPoints.find((known) => known === name);
  if (point === undefined || !/^[1-9]\d{0,5}$/.test(nth)) {
    throw new DeclarationError(
      "KERF_CRASHPOINT",
      `has "${text}", which is no crash point`,
      `give name or name:nth; the names are ${crashPoints.join(", ")}`,
    );
  }
  return { point, left: Number(nth) };
}

/** A point that a process came to. */
export interface Reached {
  readonly point: string;
  /** Date.now() milliseconds. */
  readonly at: number;
  readonly pid: number;
}

function line(point: CrashPoint): string {
  return `${point} ${Date.now()} ${process.pid}\n`;
}

/** The lines of a mark or a trail; none where there is no such file. */
export function reached(file: string): readonly Reached[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text
    .split("\n")
    .slice(0, -1)
    .map((written) => {
      const [point, at, pid] = written.split(" ");
      return { point: point!, at: Number(at), pid: Number(pid) };
    });
}

function reach({ fatal, mark, trail }: Armed, point: CrashPoint): void {
  if (trail !== undefined) appendFileSync(trail, line(point));
  if (fatal?.point !== point || --fatal.left > 0) return;
  const file = openSync(mark!, "a", 0o600);
  writeSync(file, line(point));
  fsyncSync(file);
  closeSync(file);
  process.kill(process.pid, "SIGKILL");
  // The signal may take a moment to arrive: nothing more may happen here.
  for (;;);
}

/** The `sql` of a handler, with a point on each side of its first statement. */
export function crashableSql(sql: Sql): Sql {
  if (armed === undefined) return sql;
  let first = true;
  const watched = (strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<any[]> => {
    const run = (): Promise<any[]> => sql(strings, ...values);
    if (!first) return run();
    first = false;
    return crashAround("state.write", run);
  };
  return Object.assign(watched, { json: sql.json, fragment: sql.fragment });
}
