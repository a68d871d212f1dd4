import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  readonly title: string;
  readonly verb: string;
  /** Nothing happens without a reason where it is `needed`; it is not asked for where absent. */
  readonly reason?: "needed" | "may";
  readonly danger?: boolean;
  readonly children?: ComponentChildren;
  /** A rejection is shown, and the question stays. */
  readonly act: (reason: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something is done that others will see, and why it is done. */
export function Confirm({ title, verb, reason, danger, children, act, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => dialog.current!.showModal(), []);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    act(why.trim()).then(onClose, (problem: Error) => {
      setBusy(false);
      setError(problem.message);
    });
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={title}>
      <form onSubmit={submit}>
        <h2>{title}</h2>
        {children}
        {reason && (
          <label>
            <span class="soft">{reason === "needed" ? "Reason" : "Reason, if there is one"}</span>
            <textarea
              class="field"
              name="reason"
              required={reason === "needed"}
              value={why}
              onInput={(event) => setWhy(event.currentTarget.value)}
            />
          </label>
        )}
        {error && (
          <p class="bad" role="alert">
            {error}
          </p>
        )}
        <div class="actions">
          <button type="button" class="button" onClick={() => dialog.current!.close()}>
            Cancel
          </button>
          <button
            type="submit"
            class={danger ? "button danger" : "button main"}
            disabled={busy || (reason === "needed" && why.trim() === "")}
          >
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
