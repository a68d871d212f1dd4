/** What became of the questions to one query since the process started. */
export interface CacheCounts {
  /** Answered by what was fresh. */
  hits: number;
  /** Answered by what was past its time to live, while a new one was made or could not be. */
  stale: number;
  /** Loads that somebody waited for. */
  misses: number;
  /** Those who waited for a load that another had begun. */
  joined: number;
  /** Loads that failed. */
  failed: number;
}

/** The caches of a process. */
export interface CacheStatus {
  readonly store: "memory" | "redis";
  /** In this process's memory. */
  readonly entries: number;
  /** In this process's memory, as far as it can be told. */
  readonly bytes: number;
  /** Events after which something was old. */
  readonly invalidations: number;
  /** By the id of the query. */
  readonly queries: Readonly<Record<string, Readonly<CacheCounts>>>;
}

export const noCounts = (): CacheCounts => ({ hits: 0, stale: 0, misses: 0, joined: 0, failed: 0 });
