import {
  constants,
  PerformanceObserver,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
} from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { watchEventLoop } from "./event-loop.ts";
import { Histogram } from "./histogram.ts";
import type { Metric } from "./metric.ts";

const gcBounds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

const gcTypes: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

export interface ProcessMetrics {
  read(): readonly Metric[];
  close(): void;
}

/**
 * Watches this process: its event loop, its memory, its garbage collection.
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 */
export function processMetrics(): ProcessMetrics {
  const loop = watchEventLoop();
  const collections = new Map<string, Histogram>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as PerformanceEntry & { readonly detail?: NodeGCPerformanceDetail };
      const type = gcTypes[detail?.kind ?? 0] ?? "other";
      let histogram = collections.get(type);
      if (!histogram) collections.set(type, (histogram = new Histogram(gcBounds)));
      histogram.record(duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });

  return {
    read() {
      const { p50, p99, max, utilization } = loop.read();
      const heap = getHeapStatistics();
      const cpu = process.cpuUsage();
      return [
        gauge("nodejs.eventloop.delay.p50", between("Median of 10 s"), "s", p50),
        gauge("nodejs.eventloop.delay.p99", between("99th percentile of 10 s"), "s", p99),
        gauge("nodejs.eventloop.delay.max", between("Longest of a minute"), "s", max),
        gauge(
          "nodejs.eventloop.utilization",
          "The share of 10 s in which the event loop worked.",
          "1",
          utilization,
        ),
        gauge("v8js.memory.heap.used", "Memory of the heap in use.", "By", heap.used_heap_size),
        gauge("v8js.memory.heap.limit", "What the heap may grow to.", "By", heap.heap_size_limit),
        gauge("process.memory.usage", "Physical memory in use.", "By", process.memoryUsage.rss()),
        gauge("process.uptime", "How long the process has been running.", "s", process.uptime()),
        {
          name: "process.cpu.time",
          description: "CPU time used.",
          unit: "s",
          kind: "counter",
          points: [
            { attributes: { "cpu.mode": "user" }, value: cpu.user / 1e6 },
            { attributes: { "cpu.mode": "system" }, value: cpu.system / 1e6 },
          ],
        },
        {
          name: "v8js.gc.duration",
          description: "How long garbage collections took.",
          unit: "s",
          kind: "histogram",
          points: [...collections].map(([type, value]) => ({ attributes: { "v8js.gc.type": type }, value })),
        },
      ];
    },
    close() {
      loop.close();
      observer.disconnect();
    },
  };
}

/** As the conventions have it, the time between two looks is part of it. */
function between(which: string): string {
  return `${which}: the time between two looks at the event loop, 20 ms where nothing holds it up.`;
}

function gauge(name: string, description: string, unit: string, value: number): Metric {
  return { name, description, unit, kind: "gauge", points: [{ attributes: {}, value }] };
}
