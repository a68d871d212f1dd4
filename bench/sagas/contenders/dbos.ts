import { DBOS } from "@dbos-inc/dbos-sdk";
import pg from "pg";
import { CONNECTIONS, STEPS, type Contender } from "../contender.ts";

const insert = "insert into done (id, step) values ($1, $2) on conflict do nothing";

/** A workflow in one database; each step writes its row and then, apart from that, its checkpoint. */
export default {
  async open({ url }) {
    const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
    await pool.query("create table done (id int, step int, primary key (id, step))");
    DBOS.setConfig({
      name: "bench",
      systemDatabaseUrl: url,
      systemDatabasePoolSize: CONNECTIONS,
      logLevel: "error",
      runAdminServer: false,
    });
    const workflow = DBOS.registerWorkflow(
      async (id: number) => {
        for (let step = 1; step <= STEPS; step++)
          await DBOS.runStep(async () => void (await pool.query(insert, [id, step])), {
            name: `step ${step}`,
          });
      },
      { name: "four steps" },
    );
    await DBOS.launch();
    return {
      async run(id) {
        const handle = await DBOS.startWorkflow(workflow, { workflowID: String(id) })(id);
        await handle.getResult();
      },
      async close() {
        await DBOS.shutdown();
        await pool.end();
      },
    };
  },
} satisfies Contender;
