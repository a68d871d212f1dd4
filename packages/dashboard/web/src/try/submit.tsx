import type { ComponentChildren } from "preact";

interface Props {
  readonly label: string;
  readonly busy: boolean;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
  /** Beside the button. */
  readonly note?: ComponentChildren;
}

/** A form that is sent by its button, by Enter in a field of one line, and by Ctrl+Enter anywhere. */
export function Submit({ label, busy, onSubmit, children, note }: Props) {
  const send = (event: Event) => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <form
      class="stack"
      onSubmit={send}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
      }}
    >
      {children}
      <div class="form-head form-send">
        <button type="submit" class="button main" disabled={busy} title="Ctrl+Enter">
          {label}
        </button>
        {note && <span class="faint">{note}</span>}
      </div>
    </form>
  );
}
