import { processClock } from "../clock/process-clock.ts";
import { memoryDatabase } from "../data/memory/database.ts";
import { MemoryStore } from "../data/memory/store.ts";
import { memoryJournal } from "./memory.ts";
import { journalSuite } from "./suite.ts";

journalSuite("memory", async () => ({
  database: memoryDatabase(new MemoryStore(processClock), { clock: processClock }),
  journal: memoryJournal,
  [Symbol.asyncDispose]: async () => {},
}));
