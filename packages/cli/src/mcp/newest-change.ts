import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const MOST_FILES = 5_000;

/**
 * When a source file in a folder was last changed, and how many there are, as a text that differs after a change. Hidden and
 * installed ones are left out. Undefined where there are too many to look at.
 */
export function newestChange(folder: string): string | undefined {
  let files = 0;
  let newest = 0;
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (/\.(?:[cm]?[jt]s|json)$/.test(entry.name)) {
        files++;
        newest = Math.max(newest, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      }
      if (files > MOST_FILES) return undefined;
    }
  return `${files} ${newest}`;
}
