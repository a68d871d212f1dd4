import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** Time between two looks at the event loop where nothing holds it up. */
const resolutionMs = 20;
/** Of {@link LoopTimes.max}. */
const windows = 6;

/** Times in seconds, of a window that is over. */
export interface LoopTimes {
  readonly p50: number;
  readonly p99: number;
  /** Of six windows: whoever reads at least once in their time misses no stall. */
  readonly max: number;
  /** The share of time in which it worked. */
  readonly utilization: number;
}

export interface EventLoop {
  /** The same for all who read within a window; of the first one, what there is so far. Takes nothing from other readers. */
  read(): LoopTimes;
  close(): void;
}

/** Times the event loop in windows of `windowMs`, and does not keep the process alive for it. */
export function watchEventLoop(windowMs = 10_000): EventLoop {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let began = performance.eventLoopUtilization();
  let over: LoopTimes | undefined;
  const worst: number[] = [];

  function look(): LoopTimes {
    return {
      p50: seconds(delay.percentile(50)),
      p99: seconds(delay.percentile(99)),
      max: seconds(Math.max(delay.max, ...worst)),
      utilization: performance.eventLoopUtilization(began).utilization || 0,
    };
  }
  const timer = setInterval(() => {
    over = look();
    if (worst.push(delay.max) === windows) worst.shift();
    delay.reset();
    began = performance.eventLoopUtilization();
  }, windowMs).unref();

  return {
    read: () => over ?? look(),
    close() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

/** Of nanoseconds; before anything was measured they are no number. */
function seconds(ns: number): number {
  return Number.isFinite(ns) ? ns / 1e9 : 0;
}
