import { AsyncLocalStorage } from "node:async_hooks";

/** Where in the saga's code a value is asked for: branches of `all` come by in another order when a saga resumes. */
interface Branch {
  readonly path: string;
  readonly counts: Map<string, number>;
}

const current = new AsyncLocalStorage<Branch>();

/** Runs the author's code as the trunk. */
export function inBranch<T>(code: () => Promise<T>, path = ""): Promise<T> {
  return current.run({ path, counts: new Map() }, code);
}

/** The next number of a kind within this branch, with the branch's path. */
export function nextInBranch(kind: string): string {
  const { path, counts } = current.getStore()!;
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  return `${path}${count}`;
}

/** Waits for every branch; throws the first failure in the order in which they were given. */
export async function runAll(branches: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const at = nextInBranch("all");
  const ends = await Promise.allSettled(branches.map((branch, i) => inBranch(branch, `${at}.${i + 1}/`)));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<unknown>).value);
}
