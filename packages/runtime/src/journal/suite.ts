import { afterEach, describe, it } from "vitest";
import { commands } from "./suite/commands.ts";
import { messages } from "./suite/messages.ts";
import { sagas } from "./suite/sagas.ts";
import type { Bench } from "./suite/scenario.ts";
import { versions } from "./suite/versions.ts";
import { workers } from "./suite/workers.ts";

/** Gives a journal with nothing in it. */
export type JournalFactory = () => Promise<Bench & AsyncDisposable>;

/** The contract of the seam: every journal passes it. */
export function journalSuite(name: string, open: JournalFactory): void {
  describe(`${name} journal`, () => {
    const opened: AsyncDisposable[] = [];
    afterEach(async () => {
      for (const bench of opened.splice(0)) await bench[Symbol.asyncDispose]();
    });
    for (const [title, test] of Object.entries({
      ...commands,
      ...messages,
      ...sagas,
      ...workers,
      ...versions,
    })) {
      it(title, async () => {
        const bench = await open();
        opened.push(bench);
        await test(bench);
      });
    }
  });
}
