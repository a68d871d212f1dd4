import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { VERSION } from "./schema.ts";

/** Why a file of telemetry cannot be read. */
export class UnreadableTelemetry extends Error {
  override readonly name = "UnreadableTelemetry";
  /** `absent`: nothing was ever kept here. `other`: another version of Kerf kept it, or it is something else. */
  readonly reason: "absent" | "other";

  constructor(reason: "absent" | "other", message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Opens what a dashboard keeps, for reading alone: beside the dashboard that writes it, or after its end.
 * @throws UnreadableTelemetry
 */
export function openTelemetry(file: string): DatabaseSync {
  if (!existsSync(file)) throw new UnreadableTelemetry("absent", `there is no ${file}`);
  const database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    // Made a moment ago, and still empty.
    if (version === 0) throw new UnreadableTelemetry("absent", `${file} is empty`);
    if (version !== VERSION)
      throw new UnreadableTelemetry("other", `${file} was written by another version of Kerf`);
    return database;
  } catch (error) {
    database.close();
    if (/not a database|malformed/.test((error as Error).message))
      throw new UnreadableTelemetry("other", `${file} is no file of telemetry`);
    throw error;
  }
}
