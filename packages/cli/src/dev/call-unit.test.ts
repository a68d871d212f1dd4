import { spawn, type ChildProcess } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { callUnit } from "./call-unit.ts";

/** Answers the second call before the first; `die` and `silent` do as they say. */
const program = `
  const waiting = [];
  process.on("message", ({ id, member, input }) => {
    if (member === "die") process.exit(3);
    if (member === "silent") return;
    waiting.unshift({ kerf: "called", id, status: 200, body: input, traceId: "t" });
    if (waiting.length === 2) for (const answer of waiting) process.send(answer);
  });`;

let child: ChildProcess;

afterEach(() => {
  child.kill("SIGKILL");
});

function unit(): ChildProcess {
  return (child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "ignore", "ignore", "ipc"] }));
}

const call = (member: string, input: unknown = {}) => ({ member, input, actor: undefined, key: undefined });

test("each call has its own answer, in whatever order they come", async () => {
  const one = unit();
  const answers = await Promise.all(["a", "b"].map((input) => callUnit(one, call("echo", input))));
  expect(answers).toEqual(["a", "b"].map((body) => ({ status: 200, body, traceId: "t" })));
  expect(one.listenerCount("message")).toBe(0);
});

test("a unit that ends, does not answer or is gone is not waited for", async () => {
  const one = unit();
  await expect(callUnit(one, call("silent"), 50)).rejects.toThrow("does not answer");
  await expect(callUnit(one, call("die"))).rejects.toThrow("does not mean that nothing happened");
  await expect(callUnit(one, call("echo"))).rejects.toThrow();
});
