import { memoryBroker } from "./memory.ts";
import { MemoryLog } from "./memory-log.ts";
import { brokerSuite } from "./suite.ts";

brokerSuite("memory", {
  async open(settings) {
    const log = new MemoryLog();
    return {
      broker: memoryBroker({ ...settings, log }),
      another: async (other) => memoryBroker({ ...other, log }),
      dispose: async () => {},
    };
  },
});
