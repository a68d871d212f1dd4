import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

export interface WatchOptions {
  /** A change is reported when nothing else changed for this long, or for five times this. Default 50. */
  readonly debounceMs?: number;
  /** A folder cannot be watched: the system's limit, usually. */
  readonly onError?: (error: Error) => void;
}

/** Not sources: data, dependencies, results, tests, hidden files, editors' leftovers. */
const ignored = /^(?:\.|node_modules$|dist$|coverage$)|~$|\.(?:test\.[cm]?[jt]s|log|md|swp|tmp)$/;

/**
 * Reports the files below `folder` whose content changed, came or went. A folder at a time, since a recursive watch
 * would take in node_modules and the database's data.
 */
export function watchFolder(
  folder: string,
  report: (files: readonly string[]) => void,
  options: WatchOptions = {},
): { close(): void } {
  const watchers = new Map<string, FSWatcher>();
  const contents = new Map<string, string>();
  const touched = new Set<string>();
  const debounceMs = options.debounceMs ?? 50;
  let timer: NodeJS.Timeout | undefined;
  let since = 0;

  function enter(path: string, changed: (file: string) => void): void {
    if (!watchers.has(path)) {
      try {
        const watcher = watch(path, (_, name) => {
          if (name === null) return enter(path, touch);
          if (!ignored.test(name)) touch(join(path, name));
        });
        watcher.on("error", () => leave(path));
        watchers.set(path, watcher);
      } catch (error) {
        options.onError?.(error as Error);
      }
    }
    for (const entry of readFolder(path)) {
      if (ignored.test(entry.name)) continue;
      const inner = join(path, entry.name);
      if (entry.isDirectory()) enter(inner, changed);
      else changed(inner);
    }
  }

  function leave(path: string): void {
    watchers.get(path)?.close();
    watchers.delete(path);
  }

  function touch(path: string): void {
    if (touched.size === 0) since = performance.now();
    touched.add(path);
    const left = since + 5 * debounceMs - performance.now();
    clearTimeout(timer);
    timer = setTimeout(settle, Math.max(0, Math.min(debounceMs, left)));
  }

  function settle(): void {
    const changed: string[] = [];
    for (const path of touched) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
        // What was put into a new folder before it was watched is new as well.
        enter(path, (file) => remember(file) && changed.push(file));
      } else if (remember(path)) changed.push(path);
      else leave(path);
    }
    touched.clear();
    if (changed.length > 0) report(changed.toSorted());
  }

  /** Tells whether the content is another than before: an editor's touch alone is no change. */
  function remember(file: string): boolean {
    const before = contents.get(file);
    const now = contentOf(file);
    if (now === undefined) contents.delete(file);
    else contents.set(file, now);
    return before !== now;
  }

  enter(folder, remember);
  return {
    close() {
      clearTimeout(timer);
      for (const path of watchers.keys()) leave(path);
    },
  };
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function contentOf(file: string): string | undefined {
  try {
    return createHash("sha1").update(readFileSync(file)).digest("base64");
  } catch {
    return undefined;
  }
}
