import type { DeadLetterList, DeadLetterView, LetterChoice } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { moment, plural } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Badge, Json } from "../parts/text.tsx";
import { Ready } from "../parts/view.tsx";
import { LetterActions } from "./letter-actions.tsx";

const MOST = 100;

/** The messages of one cause, the oldest first. */
export function Letters({ choice, done }: { choice: LetterChoice; done: (text: string) => void }) {
  const letters = useLoaded<DeadLetterList>(
    apiPath("/dead-letters/letters", { service: choice.service, cause: choice.cause, limit: MOST }),
    ["dead-letters"],
  );
  return (
    <Ready of={letters}>
      {(list) => (
        <>
          <ul class="letters">
            {list.letters.map((letter) => (
              <li key={letter.id}>
                <Letter
                  letter={letter}
                  done={(text) => {
                    letters.reload();
                    done(text);
                  }}
                />
              </li>
            ))}
          </ul>
          {list.letters.length === MOST && (
            <p class="inside soft">These are the {MOST} oldest; the others follow when these are gone.</p>
          )}
        </>
      )}
    </Ready>
  );
}

function Letter({ letter, done }: { letter: DeadLetterView; done: (text: string) => void }) {
  return (
    <details>
      <summary class="letter">
        <span class="mono">{letter.key}</span>
        <Badge mood={letter.state === "dead" ? "bad" : "busy"}>
          {letter.state === "waiting" ? "replaying" : letter.state}
        </Badge>
        <span class="clip soft">{letter.error}</span>
        <span class="soft">{plural(letter.attempts, "attempt")}</span>
        <span class="soft num">{moment(letter.firstFailedAt)}</span>
      </summary>
      <div class="letter-more">
        <Json value={letter.message} />
        <p class="marks">
          {letter.traceId && (
            <a class="button" href={`/traces/${letter.traceId}`}>
              Trace
            </a>
          )}
          {letter.state === "dead" && (
            <LetterActions
              choice={{ service: letter.service, id: letter.id }}
              what="this message"
              done={done}
            />
          )}
        </p>
      </div>
    </details>
  );
}
