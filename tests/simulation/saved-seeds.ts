import { readFileSync, writeFileSync } from "node:fs";

/** A seed that failed once, and by what. */
export interface SavedSeed {
  readonly seed: number;
  readonly found: string;
}

const file = new URL("./seeds.json", import.meta.url);

/** Seeds that failed once run first. */
export function savedSeeds(): readonly SavedSeed[] {
  return JSON.parse(readFileSync(file, "utf8")) as SavedSeed[];
}

export function saveSeed(seed: number, found: string): void {
  const saved = savedSeeds();
  if (saved.some((known) => known.seed === seed)) return;
  writeFileSync(file, `${JSON.stringify([...saved, { seed, found }], null, 2)}\n`);
}
