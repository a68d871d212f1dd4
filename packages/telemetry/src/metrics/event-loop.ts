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
    // Of nothing a percentile is not 0.
    const percentile = (of: number): number => (delay.count === 0 ? 0 : delay.percentile(of) / 1e9);
    return {
      p50: percentile(50),
      p99: percentile(99),
      max: Math.max(delay.max, ...worst) / 1e9,
      utilization: performance.eventLoopUtilization(began).utilization,
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
