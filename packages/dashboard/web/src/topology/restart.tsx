import { useState } from "preact/hooks";
import type { ProcessView, RestartRequest } from "../../../src/api/index.ts";
import { tell } from "../ask.ts";

export function Restart({ process }: { process: ProcessView }) {
  const [error, setError] = useState<string | null>(null);
  const restart = () => {
    setError(null);
    tell("/api/topology/restart", { process: process.name } satisfies RestartRequest).catch(
      (problem: Error) => setError(problem.message),
    );
  };
  return (
    <>
      {error && <span class="bad">{error} </span>}
      <button
        type="button"
        class="button"
        disabled={process.state !== "ready" && process.state !== "drained"}
        title="It finishes what is in flight, ends, and is started again"
        onClick={restart}
      >
        Restart
      </button>
    </>
  );
}
