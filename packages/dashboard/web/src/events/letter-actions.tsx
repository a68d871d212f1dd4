import { useState } from "preact/hooks";
import type { Done, DropRequest, LetterChoice, ReplayRequest } from "../../../src/api/index.ts";
import { tell } from "../ask.ts";
import { plural } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";

interface Props {
  readonly choice: LetterChoice;
  /** What is chosen, for people: `"12 messages"`. */
  readonly what: string;
  /** Called with what was done. */
  readonly done: (text: string) => void;
}

/** Replays or drops what is chosen, after asking. */
export function LetterActions({ choice, what, done }: Props) {
  const [asking, setAsking] = useState<"replay" | "drop" | null>(null);
  const close = () => setAsking(null);
  const replay = async (reason: string) => {
    const request: ReplayRequest = { ...choice, ...(reason !== "" && { reason }) };
    const { messages } = await tell<Done>("/api/dead-letters/replay", request);
    done(`${plural(messages, "message")} will be delivered again.`);
  };
  const drop = async (reason: string) => {
    const request: DropRequest = { ...choice, reason };
    const { messages } = await tell<Done>("/api/dead-letters/drop", request);
    done(`${plural(messages, "message")} dropped.`);
  };
  return (
    <>
      <button type="button" class="button main" onClick={() => setAsking("replay")}>
        Replay…
      </button>
      <button type="button" class="button danger" onClick={() => setAsking("drop")}>
        Drop…
      </button>
      {asking === "replay" && (
        <Confirm title={`Replay ${what}?`} verb="Replay" reason="may" act={replay} onClose={close}>
          <p class="soft">Delivered again in their order, ten a second. What fails again comes back here.</p>
        </Confirm>
      )}
      {asking === "drop" && (
        <Confirm title={`Drop ${what}?`} verb="Drop" reason="needed" danger act={drop} onClose={close}>
          <p class="soft">The subscriber will never see them. This cannot be taken back.</p>
        </Confirm>
      )}
    </>
  );
}
