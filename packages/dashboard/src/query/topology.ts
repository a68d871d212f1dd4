import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ProcessView, TopologyView } from "../api/index.ts";
import type { Control, ProcessFacts } from "../control.ts";

interface Use {
  readonly memoryBytes: number;
  /** Seconds of CPU since it started. */
  readonly cpuSeconds: number;
  readonly at: number;
}

const run = promisify(execFile);
/** `getconf CLK_TCK` of Linux on every architecture that Node runs on. */
const TICKS = 100;

/** Reads what processes use. A share of CPU is that since it was last asked for. */
export function topologyReader(topology: string, control: Control): () => Promise<TopologyView> {
  let before = new Map<number, Use>();
  return async () => {
    const { units, processes } = await control.describe();
    const uses = new Map<number, Use>();
    await Promise.all(
      processes.map(async ({ pid }) => {
        const use = pid === null ? undefined : await useOf(pid);
        if (use) uses.set(pid!, use);
      }),
    );
    const views = processes.map((facts) => ({ unit: facts.unit, view: viewOf(facts, uses, before) }));
    before = uses;
    return {
      topology,
      units: units.map((unit) => ({
        ...unit,
        processes: views.filter((one) => one.unit === unit.name).map(({ view }) => view),
      })),
    };
  };
}

function viewOf(facts: ProcessFacts, uses: Map<number, Use>, before: Map<number, Use>): ProcessView {
  const { unit: _unit, startedAt, ...shown } = facts;
  const use = facts.pid === null ? undefined : uses.get(facts.pid);
  const last = facts.pid === null ? undefined : before.get(facts.pid);
  const elapsed = use && last ? (use.at - last.at) / 1_000 : 0;
  return {
    ...shown,
    upMs: startedAt === null ? null : Date.now() - startedAt,
    memoryBytes: use?.memoryBytes ?? null,
    cpu: use && last && elapsed > 0.2 ? Math.max(0, (use.cpuSeconds - last.cpuSeconds) / elapsed) : null,
  };
}

async function useOf(pid: number): Promise<Use | undefined> {
  try {
    return process.platform === "linux" ? await ofProc(pid) : await ofPs(pid);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

async function ofProc(pid: number): Promise<Use> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
  ]);
  // proc(5): fields 14 and 15, behind a name that may hold anything in its brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return {
    memoryBytes: kilobytes * 1_024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    at: Date.now(),
  };
}

async function ofPs(pid: number): Promise<Use> {
  const { stdout } = await run("ps", ["-o", "rss=,time=", "-p", String(pid)]);
  const [rss = "0", time = "0"] = stdout.trim().split(/\s+/);
  const cpuSeconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return { memoryBytes: Number(rss) * 1_024, cpuSeconds, at: Date.now() };
}
