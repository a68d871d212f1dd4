import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pauseProcess, signal } from "./pause.ts";

let victim: ReturnType<typeof spawn>;
let pid: number;
const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

beforeEach(async () => {
  victim = spawn("sleep", ["60"]);
  await once(victim, "spawn");
  pid = victim.pid!;
});

afterEach(() => void victim.kill("SIGKILL"));

test("a paused process goes on when it is let", async () => {
  const goOn = pauseProcess(pid, 60_000);
  await expect.poll(state).toBe("T");
  goOn();
  await expect.poll(state).toBe("S");
});

test("also when whoever paused it was killed meanwhile", { timeout: 20_000 }, async () => {
  const url = new URL("pause.ts", import.meta.url).href;
  const program = `const { pauseProcess } = await import("${url}"); pauseProcess(${pid}, 100); setInterval(() => {}, 1e3);`;
  const pauser = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  await expect.poll(state, { timeout: 10_000 }).toBe("T");
  pauser.kill("SIGKILL");
  await once(pauser, "close");
  expect(state()).toBe("T");
  await expect.poll(state, { timeout: 8_000 }).toBe("S");
});

test("a signal to what is gone already is none", async () => {
  victim.kill("SIGKILL");
  await once(victim, "close");
  expect(() => signal(pid, "SIGCONT")).not.toThrow();
});
