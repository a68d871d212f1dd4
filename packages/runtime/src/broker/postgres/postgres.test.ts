import { testServer } from "../../data/testing.ts";
import { brokerSuite } from "../suite.ts";
import { postgresBroker } from "./postgres.ts";

brokerSuite("postgres", {
  async open(settings) {
    const database = await (await testServer()).freshDatabase("broker");
    const { url } = database;
    // A second poll would hide a lost wake-up: the interval stays at its default, except where trimming is to be seen.
    const pollMs = settings.retentionMs === undefined ? 5_000 : 200;
    return {
      broker: await postgresBroker({ url, pollMs, ...settings }),
      another: (other) => postgresBroker({ url, pollMs, ...other }),
      dispose: () => database.drop(),
    };
  },
});
