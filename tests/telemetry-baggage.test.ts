import { context, propagation } from "@opentelemetry/api";
import { app, command, contract, event, on, saga, service } from "kerf";
import { rig, type Mode } from "@kerf/testing";
import { openTelemetry } from "@kerf/telemetry";
import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { tables } from "../packages/runtime/src/unit/testing.ts";
import { otlpReceiver } from "../packages/telemetry/src/testing/index.ts";

const Id = z.object({ id: z.string() });
const back = contract("back", {
  version: 1,
  note: command({ input: Id }),
  mark: command({ input: Id }),
  noted: event({ data: Id, key: "id" }),
});
const front = contract("front", { version: 1, run: command({ input: Id }) });
const ears = contract("ears", { version: 1 });

// #region baggage
function asTenant<T>(name: string, work: () => T): T {
  const before = propagation.getActiveBaggage() ?? propagation.createBaggage();
  const baggage = before.setEntry("tenant", { value: name });
  return context.with(propagation.setBaggage(context.active(), baggage), work);
}

function tenant(): string | undefined {
  return propagation.getActiveBaggage()?.getEntry("tenant")?.value;
}
// #endregion

/** What the tenant was, wherever somebody looked. */
const seen: string[] = [];
const look = (place: string): void => void seen.push(`${place} ${tenant()}`);

const marking = saga("marking", {
  version: 1,
  input: Id,
  uses: [back],
  async run({ id }, { step }) {
    await step("mark", back.mark, { id }, { final: true });
  },
});

const shop = app("baggage", {
  services: {
    front: async () => ({
      default: service(
        front,
        { uses: [back] },
        {
          handle: {
            async run({ id }, { call }) {
              look("front");
              if (id === "without") await call(back.note, { id });
              else await asTenant(id, () => call(back.note, { id }));
              return {};
            },
          },
        },
      ),
    }),
    back: async () => ({
      default: service(
        back,
        { database: { migrations: tables("select 1") } },
        {
          handle: {
            async note({ id }, { emit, start }) {
              look("back");
              emit(back.noted, { id });
              start(marking, { id }, { id });
              return {};
            },
            async mark() {
              look("mark");
              return {};
            },
          },
          sagas: [marking],
        },
      ),
    }),
    ears: async () => ({
      default: service(
        ears,
        { database: { migrations: tables("select 1") } },
        { handle: {}, react: [on(back.noted, async () => look("ears"))] },
      ),
    }),
  },
  topologies: { monolith: { all: "*" } },
});

test.each<Mode>(["local", "units"])(
  "baggage that a handler sets is that of what it calls, of events and of sagas, %s",
  async (mode) => {
    await using receiver = await otlpReceiver();
    const opened = await openTelemetry({
      app: "baggage",
      unit: mode,
      topology: mode,
      replica: "1",
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      log: pino({ level: "silent" }),
    });
    const at = await rig(shop, { mode, telemetry: opened!.telemetry });
    const run = async (id: string): Promise<readonly string[]> => {
      seen.length = 0;
      await at.call(front.run, { id }, { id });
      await at.settled();
      return seen.toSorted();
    };
    const nobody = ["back undefined", "ears undefined", "front undefined", "mark undefined"];
    try {
      expect(await run("without")).toEqual(nobody);
      expect(await run("blue")).toEqual(["back blue", "ears blue", "front undefined", "mark blue"]);
    } finally {
      await at.stop();
      await opened!.close();
    }
  },
  60_000,
);
