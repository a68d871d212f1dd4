import type { Done, Fault } from "../dev/control/protocol.ts";

/** What is done, for people: `["kill", "orders"]`. */
export function wordsOf(fault: Fault): [kind: string, what: string] {
  switch (fault.kind) {
    case "kill":
    case "restart":
      return [fault.kind, fault.process];
    case "pause":
      return [fault.kind, `${fault.process} for ${seconds(fault.ms)}`];
    case "database":
      return [fault.kind, fault.how];
    case "backends":
      return [fault.kind, `up to ${fault.most} connections`];
    case "exhaust":
      return fault.how === "server"
        ? [fault.kind, `every connection of the server for ${seconds(fault.ms)}`]
        : [fault.kind, `the pool of ${fault.service} for ${seconds(fault.ms)}`];
    case "latency":
      return [fault.kind, `${linkWords(fault.link)}: ${fault.delayMs} ms each way for ${seconds(fault.ms)}`];
    case "loss":
      return [
        fault.kind,
        `${linkWords(fault.link)}: nothing ${wayWords(fault.way)} for ${seconds(fault.ms)}`,
      ];
    case "reset":
      return [fault.kind, linkWords(fault.link)];
    case "cut":
      return [fault.kind, `${linkWords(fault.link)}: in the middle of what goes ${wayWords(fault.way)}`];
    case "duplicate":
      return [fault.kind, `up to ${fault.most} messages a lane`];
  }
}

/** What came of it. */
export function doneWords(fault: Fault, done: Done): string {
  switch (fault.kind) {
    case "kill":
      return `ready after ${seconds(done.ms)}${recoveryWords(done)}`;
    case "restart":
    case "database":
      return `back after ${seconds(done.ms)}`;
    case "backends":
      return `${done.count} ended`;
    case "exhaust":
      return fault.how === "server" ? `${done.count} taken` : "";
    case "duplicate":
      return `${done.count} messages come again`;
    default:
      return "";
  }
}

function recoveryWords({ held, recoveredMs }: Done): string {
  if (!held) return "";
  const { outbox, deliveries, sagas } = held;
  if (outbox + deliveries + sagas === 0) return "; it held no work";
  const work = `${sagas} sagas, ${outbox} unsent and ${deliveries} undelivered messages`;
  return recoveredMs === undefined
    ? `; ${work} had NOT gone on when the wait was given up`
    : `; ${work} went on within ${seconds(recoveredMs)}`;
}

function linkWords(link: string): string {
  const [process, target] = link.split(">");
  return target ? `${process} to its database` : `calls to ${process}`;
}

function wayWords(way: "to-server" | "to-client"): string {
  return way === "to-server" ? "there" : "back";
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
