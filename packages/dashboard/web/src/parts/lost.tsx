import { useEffect, useRef, useState } from "preact/hooks";
import { clock } from "../format.ts";
import { useLiveState } from "../live.ts";

/** A server that restarts is soon back: until then nobody is alarmed. */
const PATIENCE_MS = 2_000;

/** Says that what is shown is no longer so, and since when. */
export function Lost() {
  const isLost = useLiveState() === "lost";
  const [shown, setShown] = useState(false);
  const since = useRef(Date.now());
  useEffect(() => {
    setShown(false);
    if (!isLost) return;
    since.current = Date.now();
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return (
    <div role="status">
      {shown && (
        <p class="lost">
          No connection to the dashboard since {clock(since.current, { ms: false })}: nothing here is newer.
          Is <code>kerf dev</code> still running? Once it is started anew, it prints a new link.
        </p>
      )}
    </div>
  );
}
