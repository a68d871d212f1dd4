import { afterEach, describe, it } from "vitest";
import type { Broker, BrokerProblem } from "./broker.ts";
import { delivery } from "./suite/delivery.ts";
import { history, trimmedHistory } from "./suite/history.ts";
import { publishing } from "./suite/publishing.ts";
import type { Case } from "./suite/scenario.ts";
import { sharing } from "./suite/sharing.ts";
import { trimming, upkeep } from "./suite/upkeep.ts";

export interface SuiteSettings {
  readonly onProblem: (problem: BrokerProblem) => void;
  readonly retentionMs?: number;
}

export interface BrokerFactory {
  /** A broker with nothing in it, and a way to make more that share its messages, as other processes would. */
  open(settings: SuiteSettings): Promise<{
    readonly broker: Broker;
    another(settings: SuiteSettings): Promise<Broker>;
    dispose(): Promise<void>;
  }>;
  /** Cases that an implementation cannot pass, with the reason; they must then fail. */
  readonly deviations?: Readonly<Partial<Record<string, string>>>;
}

/** The contract of the seam: every broker passes it, but for its listed deviations. */
export function brokerSuite(name: string, factory: BrokerFactory): void {
  describe(`${name} broker`, () => {
    const open: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of open.splice(0).toReversed()) await close();
    });

    const run = (test: Case, retentionMs?: number) => async () => {
      const problems: BrokerProblem[] = [];
      const onProblem = (problem: BrokerProblem) => void problems.push(problem);
      const settings = retentionMs === undefined ? { onProblem } : { onProblem, retentionMs };
      const { broker, another, dispose } = await factory.open(settings);
      open.push(dispose, () => broker.close());
      await test({
        broker,
        problems,
        async another() {
          const other = await another(settings);
          open.push(() => other.close());
          return other;
        },
      });
    };

    for (const [title, test] of Object.entries({
      ...publishing,
      ...delivery,
      ...sharing,
      ...upkeep,
      ...history,
    }))
      add(factory, title, run(test));
    for (const [title, test] of Object.entries({ ...trimming, ...trimmedHistory }))
      add(factory, title, run(test, 400));
  });
}

/** A deviation has to fail, so that one that was mended is not listed for ever. */
function add({ deviations }: BrokerFactory, title: string, body: () => Promise<void>): void {
  const reason = deviations?.[title];
  if (reason === undefined) it(title, body);
  else it.fails(`${title} (deviates: ${reason})`, body);
}
