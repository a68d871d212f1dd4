import { DatabaseError } from "../errors.ts";

interface Waiter {
  readonly owner: object;
  readonly granted: () => void;
  readonly refused: (error: Error) => void;
}

interface Lock {
  owner: object;
  readonly queue: Waiter[];
}

/** Exclusive locks that are held to the end of a transaction: of rows, of unique keys, advisory ones. */
export class Locks {
  readonly #held = new Map<string, Lock>();
  readonly #of = new Map<object, Set<string>>();
  readonly #waits = new Map<object, Lock>();

  /** Takes it where nobody else has it. */
  tryAcquire(owner: object, name: string): boolean {
    const lock = this.#held.get(name);
    if (lock) return lock.owner === owner;
    this.#held.set(name, { owner, queue: [] });
    this.#own(owner, name);
    return true;
  }

  /** Waits for it. @throws DatabaseError `serialization` (40P01) where that would be for ever */
  async acquire(owner: object, name: string): Promise<void> {
    if (this.tryAcquire(owner, name)) return;
    const lock = this.#held.get(name)!;
    for (let at: Lock | undefined = lock; at; at = this.#waits.get(at.owner)) {
      if (at.owner === owner)
        throw new DatabaseError("serialization", "deadlock detected (40P01)", { sqlstate: "40P01" });
    }
    this.#waits.set(owner, lock);
    try {
      await new Promise<void>((granted, refused) => lock.queue.push({ owner, granted, refused }));
    } finally {
      this.#waits.delete(owner);
    }
  }

  /** Gives everything of an owner to whoever waits; what it waits for itself is refused. */
  release(owner: object): void {
    const awaited = this.#waits.get(owner);
    if (awaited) {
      const at = awaited.queue.findIndex((waiter) => waiter.owner === owner);
      const [waiter] = awaited.queue.splice(at, 1);
      waiter!.refused(
        new DatabaseError("connection-lost", "The transaction ended while it waited for a lock."),
      );
    }
    for (const name of this.#of.get(owner) ?? []) {
      const lock = this.#held.get(name)!;
      const next = lock.queue.shift();
      if (next) {
        lock.owner = next.owner;
        this.#waits.delete(next.owner);
        this.#own(next.owner, name);
        next.granted();
      } else this.#held.delete(name);
    }
    this.#of.delete(owner);
  }

  #own(owner: object, name: string): void {
    let names = this.#of.get(owner);
    if (!names) this.#of.set(owner, (names = new Set()));
    names.add(name);
  }
}
