export { releasedRouter, type ReleasedRouter } from "./released-router.ts";
export { releasesFile } from "./releases-file.ts";
export { readReleases, type Release, type ReleaseEntry } from "./release.ts";
export type { ReleaseStatus } from "./trial.ts";
