import type { ComponentChildren } from "preact";
import { Problem } from "../ask.ts";

export function Notice({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <section class="notice">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** What went wrong, as people can use it: the trace finds it in the shop's log. */
export function Failure({ error }: { readonly error: Error }) {
  const missing = error instanceof Problem && error.status === 404;
  return (
    <section class="notice" role="alert">
      <h1>{missing ? "There is nothing here" : "That did not work"}</h1>
      <p>{error.message}</p>
      {error instanceof Problem && error.traceId !== undefined && (
        <p class="soft small">
          Trace <code>{error.traceId}</code>
        </p>
      )}
      <a href="/">To the shop</a>
    </section>
  );
}
