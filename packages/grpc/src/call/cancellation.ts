import type { GrpcError } from "./grpc-error.ts";

/** The signal of a call, made only for a handler that looks at it: an AbortController costs as much as a call. */
export class Cancellation {
  #controller: AbortController | undefined;
  #reason: GrpcError | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  cancel(reason: GrpcError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
