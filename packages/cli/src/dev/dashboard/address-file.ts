import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the dashboard of a running `kerf dev` is, for programs of its user. */
export interface DashboardAddress {
  /** `http://127.0.0.1:4002` */
  readonly url: string;
  /** For `Authorization: Bearer …`. */
  readonly token: string;
  /** Of the dashboard's process. */
  readonly pid: number;
}

const NAME = "dashboard.json";

/** Only its user can read it, since it holds the token. */
export function writeAddress(dataDir: string, address: DashboardAddress): void {
  const file = join(dataDir, NAME);
  // Never half a file, and never readable by others, not even for a moment.
  const temporary = `${file}.${address.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, JSON.stringify(address), { mode: 0o600, flag: "wx" });
  renameSync(temporary, file);
}

/** Undefined where no dashboard of this data folder runs. */
export function readAddress(dataDir: string): DashboardAddress | undefined {
  let address: Partial<DashboardAddress>;
  try {
    address = JSON.parse(readFileSync(join(dataDir, NAME), "utf8")) as Partial<DashboardAddress>;
  } catch {
    return undefined;
  }
  const { url, token, pid } = address;
  if (typeof url !== "string" || typeof token !== "string" || typeof pid !== "number") return undefined;
  return isAlive(pid) ? { url, token, pid } : undefined;
}

/** Unless another session has written its own meanwhile. */
export function removeAddress(dataDir: string, pid: number): void {
  const file = join(dataDir, NAME);
  try {
    if ((JSON.parse(readFileSync(file, "utf8")) as Partial<DashboardAddress>).pid === pid) rmSync(file);
  } catch {
    // It is gone, or nobody's.
  }
}

/** One that was killed together with its supervisor leaves its file behind. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
