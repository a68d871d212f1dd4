#!/usr/bin/env node
// Plain JavaScript that an old Node can read: it has to find a newer one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 22)) {
  // Compiled code is kept, so that the next start is faster and needs no compiler in memory.
  const folder = above(process.cwd(), "node_modules") ?? above(here, "node_modules");
  if (folder && !process.env["NODE_COMPILE_CACHE"]) module.enableCompileCache(join(folder, ".cache", "kerf"));
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  const newer = [process.cwd(), here].map(nodeAbove).find((path) => path !== undefined);
  if (newer === undefined || process.env["KERF_NODE_FOUND"]) {
    console.error(
      `kerf needs Node 22.22 or newer, and this is ${process.versions.node}. ` +
        'Install one, or add it to the project with "npm install --save-dev node@24".',
    );
    process.exit(1);
  }
  hand(newer);
}

/** The program of the npm package `node`. */
function nodeAbove(folder) {
  return above(folder, join("node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node"));
}

/** The nearest `name` in `folder` or above it. */
function above(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return join(at, name);
    if (at === dirname(at)) return undefined;
  }
}

/** Runs this program again with another Node. The channel tells that one when this one is killed. */
function hand(program) {
  const child = spawn(program, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, KERF_NODE_FOUND: "1" },
  });
  if (process.send) {
    child.on("message", (message) => process.send?.(message));
    process.on("message", (message) => child.connected && child.send(message));
    process.on("disconnect", () => child.connected && child.disconnect());
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}
