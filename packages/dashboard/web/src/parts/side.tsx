import type { AppView } from "../../../src/api/index.ts";
import { bytes, count } from "../format.ts";
import { togglePause, useLiveState } from "../live.ts";
import type { ViewEntry } from "../views.ts";

interface Props {
  readonly app: AppView;
  readonly views: readonly ViewEntry[];
  readonly here: string;
  readonly onTheme: () => void;
  readonly onHelp: () => void;
}

export function Side({ app, views, here, onTheme, onHelp }: Props) {
  return (
    <aside class="side">
      <a class="brand" href="/map" title="To the map">
        <Mark />
        <span>
          {app.app}
          <small> {app.topology}</small>
        </span>
      </a>
      <nav class="nav" aria-label="Views">
        {views.map(({ path, name, key, icon }) => (
          <a key={path} href={`/${path}`} aria-current={path === here ? "page" : undefined} title={name}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d={icon} />
            </svg>
            <span>{name}</span>
            <kbd aria-hidden="true">g {key}</kbd>
          </a>
        ))}
      </nav>
      <div class="foot">
        <div class="kept" title={`${count(app.kept.dropped)} refused`}>
          {count(app.kept.spans)} spans, {count(app.kept.logs)} log lines
          <br />
          {bytes(app.kept.bytes)} of {bytes(app.kept.maxBytes)} kept · <a href="/api/export">export</a>
        </div>
        <div class="row">
          <LiveButton />
          <button
            type="button"
            class="button quiet"
            onClick={onTheme}
            aria-label="Theme"
            title="Light or dark (\)"
          >
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <circle cx="8" cy="8" r="5.5" />
              <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
            </svg>
          </button>
          <button
            type="button"
            class="button quiet"
            onClick={onHelp}
            aria-label="Keyboard shortcuts"
            title="Shortcuts (?)"
          >
            ?
          </button>
        </div>
      </div>
    </aside>
  );
}

const LIVE_TEXT = { live: "Live", paused: "Paused", lost: "No connection" } as const;

function LiveButton() {
  const state = useLiveState();
  return (
    <button
      type="button"
      class="live"
      data-state={state}
      aria-pressed={state === "live"}
      title={state === "paused" ? "Go on (p)" : "Pause (p)"}
      onClick={togglePause}
    >
      <span>{LIVE_TEXT[state]}</span>
    </button>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" fill="#3b5bdb" />
      <path
        d="M10 7v18M10 16l11-9M14 13l8 12"
        fill="none"
        stroke="#fff"
        stroke-width="3"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
