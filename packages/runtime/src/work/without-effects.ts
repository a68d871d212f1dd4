import { StatusError } from "kerf";
import type { HandlerContext } from "../service/context.ts";

const refused: ReadonlySet<string | symbol> = new Set(["call", "emit", "send", "start"]);

/** What a replayable reaction is given: all but what would happen again when past events come again. */
export function withoutEffects(context: HandlerContext, name: string): HandlerContext {
  return new Proxy(context, {
    get(target, key) {
      if (refused.has(key)) {
        throw new StatusError(
          "INTERNAL",
          `${name} is replayable and uses ${String(key)}: it may only fill its tables, or it would do that again in a replay`,
        );
      }
      // Of the target itself: it has private fields.
      return Reflect.get(target, key, target) as unknown;
    },
  });
}
