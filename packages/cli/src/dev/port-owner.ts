import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTENING = "0A";

/**
 * The process that listens on a TCP port, such as `node server.js (process 4711)`; undefined where the system does not
 * tell: other than Linux, or a process of somebody else.
 */
export function portOwner(port: number): string | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listenersOn(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of names("/proc").filter((name) => /^\d+$/.test(name))) {
    const holds = names(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "");
      return inode !== null && inodes.has(inode[1]!);
    });
    if (!holds) continue;
    const words = (attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "")
      .split("\0")
      .filter(Boolean);
    // Arguments may hold secrets: the program and the first word that is no option say enough.
    const program = words[0]?.split("/").at(-1) ?? "a process";
    const script = words.slice(1).find((word) => !word.startsWith("-"));
    return `${[program, script].filter(Boolean).join(" ")} (process ${pid})`;
  }
  return undefined;
}

function listenersOn(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return (attempt(() => readFileSync(table, "utf8")) ?? "")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${hex}`) && columns[3] === LISTENING)
    .map((columns) => columns[9]!);
}

function names(folder: string): string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

/** Processes come and go while they are looked at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
