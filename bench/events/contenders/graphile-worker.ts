import { Logger, run, runMigrations } from "graphile-worker";
import { AT_ONCE, CONNECTIONS, type Contender } from "../contender.ts";
import { insertHandled, insertMade, makeTables, poolOf, TEXT, transaction } from "./tables.ts";

const quiet = new Logger(() => () => {});

/** Jobs one by one, as the library is used without its batches. */
export default {
  async prepare({ url }) {
    await makeTables(url);
    await runMigrations({ connectionString: url, logger: quiet });
  },
  async produce({ url }) {
    const pool = poolOf(url);
    return {
      emit: (id) =>
        transaction(pool, async (client) => {
          await client.query(insertMade, [id, TEXT]);
          await client.query("select graphile_worker.add_job('made', $1::json)", [
            JSON.stringify({ id, text: TEXT }),
          ]);
        }),
      close: () => pool.end(),
    };
  },
  async consume({ url }, handled) {
    const runner = await run({
      connectionString: url,
      maxPoolSize: CONNECTIONS,
      concurrency: AT_ONCE,
      pollInterval: 500,
      noHandleSignals: true,
      logger: quiet,
      taskList: {
        async made(payload, { query }) {
          const { id, text } = payload as { id: number; text: string };
          await query(insertHandled, [id, text]);
          handled(id);
        },
      },
    });
    return { close: () => runner.stop() };
  },
} satisfies Contender;
