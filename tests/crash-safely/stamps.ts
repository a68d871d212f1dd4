import { command, contract, query, saga, service } from "kerf";
import { appendFileSync } from "node:fs";
import { z } from "zod";

export const stamps = contract("stamps", {
  version: 1,
  begin: command({ input: z.object({ id: z.string() }) }),
  /** Stamps in the database, in the handler's transaction. */
  stamp: command({ input: z.object({ id: z.string() }) }),
  /** Stamps a file as well, from within the transaction: wrong, for the file keeps what is rolled back. */
  stampOutside: command({ input: z.object({ id: z.string() }) }),
  count: query({ output: z.object({ inside: z.int() }) }),
});

const collect = saga("collect", {
  version: 1,
  input: z.object({ id: z.string() }),
  uses: [stamps],
  async run({ id }, { step }) {
    await step("stamp", stamps.stamp, { id }, { final: true });
    await step("stamp outside", stamps.stampOutside, { id });
  },
});

export default service(
  stamps,
  {
    database: { migrations: new URL("./migrations/", import.meta.url) },
    settings: z.object({ file: z.string() }),
  },
  {
    handle: {
      async begin({ id }, { sql, start }) {
        await sql`insert into stamp (id) values (${`begun ${id}`})`;
        start(collect, { id }, { id });
        return {};
      },
      async stamp({ id }, { sql }) {
        await sql`insert into stamp (id) values (${id})`;
        return {};
      },
      async stampOutside({ id }, { sql, settings }) {
        await sql`insert into stamp (id) values (${`outside ${id}`})`;
        appendFileSync(settings.file, `${id}\n`);
        return {};
      },
      async count(_input, { sql }) {
        const [row] = await sql<{ inside: number }>`select count(*)::int as inside from stamp`;
        return row!;
      },
    },
    sagas: [collect],
  },
);
