import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Loaded } from "../loaded.ts";

interface Props {
  readonly title: string;
  /** Beside the title: choices and buttons. */
  readonly tools?: ComponentChildren;
  /** Before the title: where this view belongs to. */
  readonly parent?: { readonly name: string; readonly href: string };
  /** A row of filters below the head. */
  readonly filters?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The frame of every view: its title, its tools, and what it shows. */
export function View({ title, tools, parent, filters, children }: Props) {
  useEffect(() => void (document.title = `${title} · Kerf`), [title]);
  return (
    <>
      <header class="view-head">
        <div class="crumbs">
          {parent && (
            <>
              <a href={parent.href}>{parent.name}</a>
              <span class="faint" aria-hidden="true">
                /
              </span>
            </>
          )}
          <h1>{title}</h1>
        </div>
        {tools}
      </header>
      {filters && <div class="filters">{filters}</div>}
      {children}
    </>
  );
}

/** What was loaded, as soon as there is something; a failure stands above what came before. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      {of.error && (
        <div class="failure" role="alert">
          {of.error.message}
          <button type="button" class="button" onClick={of.reload}>
            Try again
          </button>
        </div>
      )}
      {of.value !== undefined && children(of.value)}
    </>
  );
}
