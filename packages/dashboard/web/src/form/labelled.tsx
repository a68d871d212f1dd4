import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly name: string;
  readonly hint: string;
  readonly about: string;
  /** It has one field, which its name belongs to. */
  readonly leaf: boolean;
  /** It was added just now: typing goes on in it. */
  readonly isNew?: boolean;
  readonly remove: (() => void) | undefined;
  readonly children: ComponentChildren;
}

/** A name, what it takes, and the fields of it. */
export function Labelled({ name, hint, about, leaf, isNew = false, remove, children }: Props) {
  const inside = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isNew) inside.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, []);
  const Tag = leaf ? "label" : "div";
  return (
    <div
      class="form-field"
      role={leaf ? undefined : "group"}
      aria-label={leaf ? undefined : name}
      ref={inside}
    >
      <div class="form-head">
        <span class="form-name">{name}</span>
        <span class="faint">{hint}</span>
        {remove && (
          <button type="button" class="button quiet push" aria-label={`Remove ${name}`} onClick={remove}>
            Remove
          </button>
        )}
      </div>
      {about !== "" && <p class="soft form-about">{about}</p>}
      <Tag class={leaf ? "" : "form-inside"}>{children}</Tag>
    </div>
  );
}

export function Wrong({ id, messages }: { id?: string; messages: readonly string[] }) {
  if (messages.length === 0) return null;
  return (
    <p class="form-wrong" id={id} role="alert">
      {messages.join("; ")}
    </p>
  );
}
