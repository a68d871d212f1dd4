/** A unit of its own for the tests: subscribes, tells its parent what it gets, and takes its time over it. */
import type { BrokerProblem, Group } from "../broker.ts";
import { postgresBroker } from "../postgres.ts";

export interface SubscriberSettings {
  readonly url: string;
  readonly leaseMs: number;
  readonly replica?: string;
  readonly group: Group;
  readonly handlingMs: number;
}

export type SubscriberReport =
  | { readonly kind: "ready" }
  | { readonly kind: "started" | "finished"; readonly ids: readonly string[] }
  | { readonly kind: "problem"; readonly code: BrokerProblem["code"] };

const tell = (report: SubscriberReport) => process.send!(report);
const { url, leaseMs, replica, group, handlingMs } = JSON.parse(process.argv[2]!) as SubscriberSettings;

const broker = await postgresBroker({
  url,
  leaseMs,
  replica,
  onProblem: ({ code }) => tell({ kind: "problem", code }),
});
await broker.subscribe(group, async (messages) => {
  const ids = messages.map((message) => message.id);
  tell({ kind: "started", ids });
  await new Promise((resolve) => setTimeout(resolve, handlingMs));
  tell({ kind: "finished", ids });
});
process.on("disconnect", () => void broker.close());
tell({ kind: "ready" });
