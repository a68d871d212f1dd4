import { app, command, contract, saga, service } from "kerf";
import { z } from "zod";

const Id = z.object({ id: z.int() });
const Step = z.object({ id: z.int(), step: z.int() });

const works = contract("works", {
  version: 1,
  work: command({ input: Step, output: z.object({}) }),
  undo: command({ input: Step, output: z.object({}) }),
});
export const starts = contract("starts", { version: 1, begin: command({ input: Id, output: z.object({}) }) });

const fourSteps = saga("four-steps", {
  version: 1,
  input: Id,
  uses: [works],
  async run({ id }, { step }) {
    for (let n = 1; n <= 4; n++) {
      const what = { id, step: n };
      await step(`step ${n}`, works.work, what, { undo: [works.undo, what] });
    }
  },
});

/** The application; `ended` is called by the last step. */
export const sagas = (name: string, ended: (id: number) => void) =>
  app(name, {
    services: {
      starts: async () => ({
        default: service(
          starts,
          { database: { migrations: new URL("./migrations/", import.meta.url) }, uses: [works] },
          {
            handle: {
              async begin({ id }, { start }) {
                start(fourSteps, { id }, { id: String(id) });
                return {};
              },
            },
            sagas: [fourSteps],
          },
        ),
      }),
      works: async () => ({
        default: service(
          works,
          { database: { migrations: new URL("./migrations/", import.meta.url) } },
          {
            handle: {
              async work({ id, step }, { sql }) {
                await sql`insert into done (id, step) values (${id}, ${step})`;
                if (step === 4) ended(id);
                return {};
              },
              async undo({ id, step }, { sql }) {
                await sql`delete from done where id = ${id} and step = ${step}`;
                return {};
              },
            },
          },
        ),
      }),
    },
    topologies: { monolith: { all: "*" } },
  });
