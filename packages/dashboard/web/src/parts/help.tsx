import { useEffect, useRef } from "preact/hooks";
import type { ViewEntry } from "../views.ts";

/** The keys of the page. */
export function Help({ views, onClose }: { views: readonly ViewEntry[]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="Keyboard shortcuts">
      <h2>Keyboard</h2>
      <dl class="keys">
        {views.map(({ key, name }) => (
          <Keys key={key} keys={["g", key]} does={name} />
        ))}
        <Keys keys={["/"]} does="Search" />
        <Keys keys={["j", "k"]} does="Next or previous row; Enter opens it" />
        <Keys keys={["Ctrl", "Enter"]} does="Send the form" />
        <Keys keys={["p"]} does="Pause, and go on" />
        <Keys keys={["\\"]} does="Light or dark" />
        <Keys keys={["Esc"]} does="Close what is open" />
      </dl>
    </dialog>
  );
}

function Keys({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}
