import { useEffect, useState } from "preact/hooks";
import { Notice } from "../parts/notice.tsx";
import { go } from "../route.ts";
import { finishLogIn, logIn } from "../session.ts";
import { useTitle } from "../title.ts";

/** A code is good once, and this page may be drawn twice. */
let finishing: Promise<string> | undefined;

export function CallbackPage() {
  useTitle("Logging in");
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    async function finish(): Promise<void> {
      try {
        go(await (finishing ??= finishLogIn()), { replace: true });
      } catch {
        setFailed(true);
      } finally {
        finishing = undefined;
      }
    }
    void finish();
  }, []);
  if (!failed) return <p class="soft">Logging in…</p>;
  return (
    <Notice title="You are not logged in">
      <p>The log-in was not finished, or took too long.</p>
      <button class="primary" onClick={() => void logIn("/")}>
        Try again
      </button>
    </Notice>
  );
}
