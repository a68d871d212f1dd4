import type { Log } from "kerf";
import type { Clock } from "../clock/clock.ts";
import type { Side } from "./choice.ts";
import { judge } from "./judge.ts";
import { MirrorCounts, type MirrorStatus } from "./mirror-counts.ts";
import type { Release } from "./release.ts";
import { Window, type Seen } from "./window.ts";

/** What people see of a release. */
export interface ReleaseStatus {
  readonly service: string;
  readonly to: string;
  readonly weight: number;
  /** `returned`: everybody is back at the version that runs, until the release is changed. */
  readonly state: "running" | "returned";
  /** Why it returned. */
  readonly reason?: string;
  /** ISO 8601. */
  readonly returnedAt?: string;
  readonly next: Seen;
  readonly current: Seen;
  readonly mirror: MirrorStatus;
}

/** Judged at every failure, and at every so many calls besides. */
const judgeEvery = 8;

/** One release as this process sees it: what became of the calls on both sides, and whether it was given up. */
export class Trial {
  readonly release: Release;
  readonly mirror = new MirrorCounts();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #next: Window;
  readonly #current: Window;
  #returned: { readonly reason: string; readonly at: number } | undefined;
  #calls = 0;
  /** The slice in which it was first found slower: one slow moment is not enough. */
  #slowSince: number | undefined;

  constructor(release: Release, clock: Clock, log: Log) {
    this.release = release;
    this.#clock = clock;
    this.#log = log;
    const windowMs = release.back?.windowMs ?? 30_000;
    this.#next = new Window(windowMs);
    this.#current = new Window(windowMs);
  }

  /** Percent of the calls that the new version gets now. */
  get weight(): number {
    return this.#returned ? 0 : this.release.weight;
  }

  record(side: Side, ok: boolean, ms: number): void {
    const now = this.#clock.now();
    if (side === "current") return this.#current.record(now, ok, ms);
    this.#next.record(now, ok, ms);
    this.#calls += 1;
    if (!ok || this.#calls % judgeEvery === 0) this.#judge(now);
  }

  #judge(now: number): void {
    const { back, service, to } = this.release;
    if (!back || this.#returned) return;
    const [next, current] = [this.#next.read(now), this.#current.read(now)];
    const found = judge(next, current, back);
    if (found?.what !== "latency") this.#slowSince = undefined;
    if (!found) return;
    const slice = this.#next.sliceAt(now);
    if (found.what === "latency" && slice === (this.#slowSince ??= slice)) return;
    this.#returned = { reason: found.reason, at: now };
    this.#log.error(
      { service, to, reason: found.reason, next, current },
      `the release of ${service} is taken back: ${found.reason}; change it in KERF_RELEASES_FILE to try again`,
    );
  }

  status(): ReleaseStatus {
    const now = this.#clock.now();
    const { service, to, weight } = this.release;
    return {
      service,
      to,
      weight,
      state: this.#returned ? "returned" : "running",
      ...(this.#returned && {
        reason: this.#returned.reason,
        returnedAt: new Date(this.#returned.at).toISOString(),
      }),
      next: this.#next.read(now),
      current: this.#current.read(now),
      mirror: this.mirror.read(),
    };
  }
}
