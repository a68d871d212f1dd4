import type { Context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";

/** Carries contexts, and knows whether anybody but us has set one: until then none is looked at. */
export class Manager extends AsyncLocalStorageContextManager {
  used = false;

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    work: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.used = true;
    return super.with(context, work, thisArg, ...args);
  }

  /** Runs work of ours. */
  enter<T>(context: Context, work: () => T): T {
    return super.with(context, work);
  }
}
