import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Builds the page where something that it is made of is newer than what was built: what `npm start` does first. */
const root = import.meta.dirname;
const sources = [
  "index.html",
  "public",
  "src",
  "vite.config.ts",
  "tsconfig.json",
  "../package.json",
  "../src/api",
];

function newest(path: string): number {
  const { mtimeMs } = statSync(path);
  const within = statSync(path).isDirectory()
    ? readdirSync(path).map((name) => newest(join(path, name)))
    : [];
  return Math.max(mtimeMs, ...within);
}

const built = statSync(join(root, "../dist/index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (Math.max(...sources.map((source) => newest(join(root, source)))) > built) {
  const { build } = await import("vite");
  await build({ root, logLevel: "warn" });
  console.log("Built the dashboard's page into packages/dashboard/dist");
}
