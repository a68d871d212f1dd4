import { readFileSync, statSync } from "node:fs";
import type { Log } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { readReleases, type Release } from "./release.ts";

/** How soon a change is seen. */
const lookMs = 2_000;

/**
 * The releases of a file, which is looked at again when somebody calls, at most every 2 s. Where it can no longer be read,
 * what it said last stands, and the log says so; once it is gone, nothing is released.
 * @throws DeclarationError where it cannot be read at first; a file that is not there yet is empty
 */
export function releasesFile(
  file: string,
  services: readonly string[],
  clock: Clock,
  log: Log,
): () => ReadonlyMap<string, Release> {
  const place = `KERF_RELEASES_FILE (${file})`;
  let stamp = stampOf(file);
  let releases =
    stamp === "gone" ? new Map<string, Release>() : readReleases(readText(file), services, place);
  let lookAt = clock.now() + lookMs;

  function look(): void {
    const found = stampOf(file);
    if (found === stamp) return;
    stamp = found;
    try {
      releases = found === "gone" ? new Map() : readReleases(readText(file), services, place);
      log.info(
        {
          file,
          releases: [...releases.values()].map(({ service, to, weight }) => ({ service, to, weight })),
        },
        "the releases have changed",
      );
    } catch (err) {
      log.error({ err, file }, "the releases cannot be read: those of before stand");
    }
  }

  return () => {
    const now = clock.now();
    if (now >= lookAt) {
      lookAt = now + lookMs;
      look();
    }
    return releases;
  };
}

function readText(file: string): string {
  return readFileSync(file, "utf8");
}

/** Also of what a mounted link leads to: Kubernetes swaps that. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "gone";
}
