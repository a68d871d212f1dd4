import { dirname, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { openTelemetry, UnreadableTelemetry } from "@kerf/dashboard/read";
import { configOption, dataOption } from "../arguments.ts";
import { findConfiguration } from "../configuration.ts";
import type { Output } from "../output.ts";
import { Failure } from "../usage.ts";

/** Options of every command that shows what the dashboard has kept. */
export const recordedOptions = {
  follow: { text: "go on with what comes, until Ctrl-C" },
  json: { text: "JSON instead of text; with --follow one object a line" },
  data: { ...dataOption, text: "where kerf dev keeps its data; default: .kerf beside the config" },
  config: configOption,
} as const;

export const recordedNotes = [
  "It is read from what the dashboard of kerf dev keeps (telemetry.db in the data folder), while that runs and after.",
];

export interface Place {
  readonly data?: string | undefined;
  readonly config?: string | undefined;
}

const AGAIN_MS = 500;

/** The folder that `kerf dev` keeps its data in. The application is not loaded: it may be broken, and is still told of. */
export function dataFolderOf({ data, config }: Place): string {
  return data === undefined ? join(dirname(findConfiguration(config)), ".kerf") : resolve(data);
}

/** Opens what was kept for `work`, and closes it. @throws Failure where there is nothing yet */
export async function withTelemetry<T>(
  place: Place,
  work: (database: DatabaseSync) => T,
): Promise<Awaited<T>> {
  const database = open(place);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/** The same, and waits until something is kept. Undefined where it was aborted before. */
export async function withTelemetryToCome<T>(
  place: Place,
  output: Output,
  signal: AbortSignal,
  work: (database: DatabaseSync) => T,
): Promise<Awaited<T> | undefined> {
  let told = false;
  while (!signal.aborted) {
    try {
      return await withTelemetry(place, work);
    } catch (error) {
      if (!(error instanceof NothingYet)) throw error;
      if (!told) output.note(`Nothing is kept in ${error.folder} yet. Waiting for kerf dev.`);
      told = true;
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}

class NothingYet extends Failure {
  readonly folder: string;

  constructor(folder: string) {
    super(
      `There is no telemetry in ${folder}: kerf dev collects it. Start it with "kerf dev" and make a request, ` +
        "or name the folder of its data with --data.",
    );
    this.folder = folder;
  }
}

function open(place: Place): DatabaseSync {
  const folder = dataFolderOf(place);
  try {
    return openTelemetry(join(folder, "telemetry.db"));
  } catch (error) {
    if (!(error instanceof UnreadableTelemetry)) throw error;
    if (error.reason === "absent") throw new NothingYet(folder);
    throw new Failure(`${error.message}. The next kerf dev begins it anew.`);
  }
}
