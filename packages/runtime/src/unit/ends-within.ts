import type { Clock } from "../clock/clock.ts";

/** Whether `work` ended within so many milliseconds. Rejects where it fails by then; after that its failure goes unheard. */
export async function endsWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  let forget = (): void => {};
  const late = new Promise<false>((resolve) => (forget = clock.after(ms, () => resolve(false))));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    forget();
    work.catch(() => {});
  }
}
