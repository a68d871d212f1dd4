import { app, command, contract, event, on, service } from "kerf";
import { z } from "zod";

const Made = z.object({ id: z.int(), text: z.string() });

export const source = contract("source", {
  version: 1,
  make: command({ input: Made, output: z.object({}) }),
  made: event({ data: Made, key: "id" }),
});
const sink = contract("sink", { version: 1 });

const sourceService = service(
  source,
  { database: { migrations: new URL("./migrations/source/", import.meta.url) } },
  {
    handle: {
      async make({ id, text }, { sql, emit }) {
        await sql`insert into made (id, text) values (${id}, ${text})`;
        emit(source.made, { id, text });
        return {};
      },
    },
  },
);

/** The application; `handled` is called at the end of the handler of each event. */
export const events = (name: string, handled: (id: number) => void) =>
  app(name, {
    services: {
      source: async () => ({ default: sourceService }),
      sink: async () => ({
        default: service(
          sink,
          { database: { migrations: new URL("./migrations/sink/", import.meta.url) } },
          {
            handle: {},
            react: [
              on(source.made, async ({ id, text }, { sql }) => {
                await sql`insert into handled (id, text) values (${id}, ${text})`;
                handled(id);
              }),
            ],
          },
        ),
      }),
    },
    topologies: { split: { source: ["source"], sink: ["sink"] } },
  });
