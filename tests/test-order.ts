import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of the two cores that this was measured on, two workers left a third idle. */
export const workers = 3;

/** Files by the ends of their paths, and about how many seconds each takes. */
type Seconds = Readonly<Record<string, number>>;

/** Longest first. Each keeps more than one core busy: an application of several processes, a browser, threads. */
export const busy: Seconds = {
  "examples/shop/tests/dashboard.test.ts": 90,
  "examples/shop/replay/replay.test.ts": 55,
  "tests/simulation/simulation.test.ts": 50,
  "examples/shop/fuzz/fuzz.test.ts": 46,
  "packages/cli/test/dev.test.ts": 40,
  "packages/cli/test/chaos.test.ts": 37,
  "tests/crash-matrix.test.ts": 32,
  "tests/telemetry-exports.test.ts": 25,
  "tests/simulation/mutants.test.ts": 24,
  "examples/shop/tests/everywhere.test.ts": 23,
  "tests/topologies.test.ts": 22,
  "packages/cli/test/dashboard.test.ts": 21,
  "packages/cli/test/operations.test.ts": 19,
  "tests/versions.test.ts": 19,
  "tests/crash-safely.test.ts": 17,
  "packages/cli/test/commands.test.ts": 17,
  "examples/legacy/tests/takeover.test.ts": 16,
  "examples/shop/tests/web.test.ts": 16,
  "packages/dashboard/test/page.test.ts": 16,
  "packages/cli/test/releases.test.ts": 14,
  "docs/examples/testing/crash.test.ts": 13,
  "tests/streams.test.ts": 13,
  "packages/cli/test/terminal.test.ts": 12,
};

/** Longest first. They wait more than they work: for time limits, leases and retries to pass. */
export const waiting: Seconds = {
  "packages/runtime/src/unit/upkeep.test.ts": 47,
  "packages/cli/test/replay.test.ts": 23,
  "packages/runtime/src/operations/dead-letters.test.ts": 21,
  "packages/runtime/src/events/events.test.ts": 20,
  "packages/runtime/src/unit/unit.test.ts": 20,
  "packages/runtime/src/events/replay/replay.test.ts": 19,
  "packages/gateway/src/limits/shedding.test.ts": 16,
  "packages/runtime/src/broker/postgres.test.ts": 16,
  "packages/runtime/src/data/connections.test.ts": 16,
  "packages/runtime/src/sagas/sagas.test.ts": 15,
  "packages/runtime/src/data/embedded.test.ts": 13,
  "packages/runtime/src/data/embedded/deaths.test.ts": 11,
  "packages/runtime/src/broker/postgres/failure.test.ts": 10,
  "packages/gateway/src/server/hostile/memory.test.ts": 10,
  "packages/gateway/src/server/hostile/slow.test.ts": 10,
  "examples/shop/services/storefront/pages.test.ts": 10,
};

/** About what one of the many others takes, its worker included. */
const othersSeconds = 2;

/**
 * Gives one worker the files that keep both cores busy, and the others those that wait: in any other order processes crowd
 * two cores first, and later all workers wait. Begins with the longest, so that no core idles at the end, and ends with the
 * files that share a worker, one after the other.
 */
export class BusyBesideWaiting extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's, not an array's
    const sorted = await super.sort(files);
    const take = (seconds: Seconds): Timed<TestSpecification>[] =>
      Object.entries(seconds).flatMap(([path, each]) =>
        sorted.filter(({ moduleId }) => moduleId.endsWith(path)).map((file) => ({ file, seconds: each })),
      );
    const first = take(busy);
    const rest = take(waiting);
    const placed = new Set([...first, ...rest].map(({ file }) => file));
    const others = sorted.filter((file) => !placed.has(file));
    for (const file of others) if (file.project.config.isolate) rest.push({ file, seconds: othersSeconds });
    const lanes = [first, ...dealt(rest, workers - 1)];
    return [...besides(lanes), ...others.filter((file) => !file.project.config.isolate)];
  }
}

interface Timed<File> {
  readonly file: File;
  readonly seconds: number;
}

/** Deals files to as many workers, each to the one who is done first. */
export function dealt<File>(files: readonly Timed<File>[], among: number): Timed<File>[][] {
  const lanes = Array.from({ length: among }, () => ({ files: [] as Timed<File>[], until: 0 }));
  for (const each of files) {
    const lane = lanes.reduce((least, next) => (next.until < least.until ? next : least));
    lane.files.push(each);
    lane.until += each.seconds;
  }
  return lanes.map((lane) => lane.files);
}

/** Merges what workers are to do by when each of them will come to it. */
export function besides<File>(lanes: readonly (readonly Timed<File>[])[]): File[] {
  const starting = (lane: readonly Timed<File>[]) => {
    let at = 0;
    return lane.map(({ file, seconds }) => ({ file, at: (at += seconds) - seconds }));
  };
  return lanes
    .flatMap(starting)
    .toSorted((a, b) => a.at - b.at)
    .map(({ file }) => file);
}
