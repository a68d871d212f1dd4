/**
 * What becomes of a statement or a commit on its way: `lost` breaks the connection before the server has it;
 * `unreported` is for commits, which then happen, perhaps later, while the client is told that the connection broke.
 */
export type Fate = "done" | "serialization" | "lost" | "unreported";

/** What lies between one process and a store in memory. */
export interface MemoryLink {
  /** Calls `arrive` on the server's side; later, never, but in order. */
  send(arrive: () => void): void;
  /** Calls `arrive` in the process; later, never, but in order. */
  reply(arrive: () => void): void;
  fate(of: "statement" | "commit"): Fate;
  /** How long a commit takes on the server: its locks are held, and nobody sees it. */
  commitMs(): number;
  /** How long an unreported one takes. */
  undecidedMs(): number;
}

/** No distance, no faults. */
export const directLink: MemoryLink = {
  send: queueMicrotask,
  reply: queueMicrotask,
  fate: () => "done",
  commitMs: () => 0,
  undecidedMs: () => 0,
};
