import { PgBoss, type Db } from "pg-boss";
import { AT_ONCE, CONNECTIONS, type Contender } from "../contender.ts";
import { insertHandled, insertMade, makeTables, poolOf, TEXT, transaction } from "./tables.ts";

const QUEUE = "made";

interface Job {
  readonly id: number;
  readonly text: string;
}

/** Jobs in batches; the effects and the completion of a batch are one transaction, so once in effect, as Kerf's. */
export function pgBoss(batchSize: number): Contender {
  const open = async (url: string): Promise<PgBoss> => {
    const boss = new PgBoss({ connectionString: url, max: CONNECTIONS, useListenNotify: true });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    return boss;
  };
  return {
    async prepare({ url }) {
      await makeTables(url);
      const boss = await open(url);
      await boss.createQueue(QUEUE, { notify: true });
      await boss.stop({ graceful: false });
    },
    async produce({ url }) {
      const boss = await open(url);
      const pool = poolOf(url);
      return {
        emit: (id) =>
          transaction(pool, async (client) => {
            await client.query(insertMade, [id, TEXT]);
            const db = {
              executeSql: (text: string, values?: unknown[]) => client.query(text, values),
            };
            await boss.send(QUEUE, { id, text: TEXT }, { db });
          }),
        async close() {
          await boss.stop({ graceful: false });
          await pool.end();
        },
      };
    },
    async consume({ url }, handled) {
      const boss = await open(url);
      await boss.work(
        QUEUE,
        {
          batchSize,
          localConcurrency: batchSize === 1 ? AT_ONCE : 2,
          pollingIntervalSeconds: 0.5,
          notifyPollingIntervalSeconds: 0.5,
          ...(batchSize === 1 ? { burstWhenReadyExceeds: 1 } : { burstWhenBatchFull: true }),
          transactional: true,
        },
        async (jobs: readonly { readonly data: Job }[], db: Db) => {
          for (const { data } of jobs) {
            await db.executeSql(insertHandled, [data.id, data.text]);
            handled(data.id);
          }
        },
      );
      return {
        close: () => boss.stop({ timeout: 5_000 }),
      };
    },
  };
}
