import { useState } from "preact/hooks";
import type { DeadLetterGroups, LetterChoice } from "../../../src/api/index.ts";
import { count, plural } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Ago } from "../parts/ago.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { withQuery } from "../route.ts";
import { LetterActions } from "./letter-actions.tsx";
import { Letters } from "./letters.tsx";

type Group = DeadLetterGroups["groups"][number];

export function DeadLettersPage({ search }: { search: URLSearchParams }) {
  const groups = useLoaded<DeadLetterGroups>("/api/dead-letters", ["dead-letters"]);
  const service = search.get("service");
  const cause = search.get("cause");
  const [told, setTold] = useState<string | null>(null);
  const done = (text: string) => {
    setTold(text);
    groups.reload();
  };
  const shown = groups.value?.groups.filter((group) => service === null || group.service === service) ?? [];
  return (
    <View
      title="Dead letters"
      tools={
        service !== null && (
          <a class="button" href="/dead-letters">
            All services
          </a>
        )
      }
    >
      <div class="view-body">
        <div class="stack">
          {told && (
            <p class="notice" role="status">
              {told}
            </p>
          )}
          <Ready of={groups}>
            {() =>
              shown.length === 0 ? (
                <Empty title="No dead letters">
                  <p>
                    A message that its subscriber could not handle, however often it tried, would wait here.
                  </p>
                </Empty>
              ) : (
                shown.map((group) => (
                  <GroupCard
                    key={`${group.service} ${group.cause}`}
                    group={group}
                    open={group.service === service && group.cause === cause}
                    done={done}
                  />
                ))
              )
            }
          </Ready>
        </div>
      </div>
    </View>
  );
}

function GroupCard({ group, open, done }: { group: Group; open: boolean; done: (text: string) => void }) {
  const choice: LetterChoice = { service: group.service, cause: group.cause };
  const name = plural(group.messages, "message");
  return (
    <section class="card" aria-label={`${group.type} in ${group.service}`}>
      <header>
        <ServiceName name={group.service} />
        <h2>{group.type}</h2>
        <Badge mood="bad">{name}</Badge>
        {group.replaying > 0 && <Badge mood="busy">{count(group.replaying)} replaying</Badge>}
        <span class="push marks">
          <LetterActions choice={choice} what={name} done={done} />
          <a
            class="button"
            aria-expanded={open}
            href={withQuery(
              open ? { cause: null, service: null } : { service: group.service, cause: group.cause },
            )}
          >
            {open ? "Close" : "Show messages"}
          </a>
        </span>
      </header>
      <div class="inside">
        <p class="bad letter-error">{group.error}</p>
        <p class="soft">
          {plural(group.keys, "key")} held up ·{" "}
          {group.messages === 1 ? (
            <Ago at={group.firstAt} />
          ) : (
            <>
              first <Ago at={group.firstAt} />, last <Ago at={group.lastAt} />
            </>
          )}
        </p>
      </div>
      {open && <Letters choice={choice} done={done} />}
    </section>
  );
}
