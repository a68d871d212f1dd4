import { connections } from "../data/connections.ts";
import { migrateLists } from "../data/migrate.ts";
import { testServer } from "../data/testing.ts";
import { postgresJournal } from "./postgres.ts";
import { journalMigrations } from "./schema.ts";
import { journalSuite } from "./suite.ts";

journalSuite("PostgreSQL", async () => {
  const server = await testServer();
  const { url, drop } = await server.freshDatabase("j");
  await migrateLists(url, [{ service: "kerf", migrations: journalMigrations, log: () => {} }]);
  const pool = connections();
  return {
    database: pool.database(url, { name: "journal suite" }),
    journal: postgresJournal,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await drop();
    },
  };
});
