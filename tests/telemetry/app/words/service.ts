import { trace } from "@opentelemetry/api";
import { service } from "kerf";
import { words } from "./contract.ts";

const tracer = trace.getTracer("a library", "1.0.0");

export default service(
  words,
  {},
  {
    handle: {
      async hello({ name, pin }, { fail, log }) {
        log.info({ name, password: pin }, "asked");
        if (name === "nobody") throw fail("Nobody", { name });
        if (name === "broken") throw new Error("a secret that nobody outside may see");
        // As an instrumented library does, which knows nothing of Kerf.
        return tracer.startActiveSpan("look up", async (span) => {
          await new Promise(setImmediate);
          tracer.startSpan("inner").end();
          span.setAttribute("found", true).end();
          return { text: `hello, ${name}` };
        });
      },
    },
  },
);
