import type { ComponentChildren } from "preact";
import { toneOf } from "../palette.ts";

export type Mood = "good" | "warn" | "bad" | "busy" | "plain";

export function Badge({ mood = "plain", children }: { mood?: Mood; children: ComponentChildren }) {
  return (
    <span class="badge" data-mood={mood}>
      {children}
    </span>
  );
}

/** A service's name with its colour. */
export function ServiceName({ name }: { name: string }) {
  return (
    <span class="service" style={{ "--tone": toneOf(name) }}>
      {name}
    </span>
  );
}

export function Facts({ of }: { of: readonly (readonly [label: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values one below the other. */
export function Pairs({ of }: { of: { readonly [name: string]: unknown } }) {
  return (
    <dl class="pairs">
      {Object.entries(of).map(([name, value]) => (
        <>
          <dt key={name}>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </>
      ))}
    </dl>
  );
}

export function Json({ value }: { value: unknown }) {
  if (value === undefined || value === null) return <span class="faint">none</span>;
  return (
    <pre class="json" tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

/** Plain text as it was declared: an empty line begins a paragraph. */
export function Paragraphs({ text }: { text: string }) {
  return (
    <div class="paragraphs soft">
      {text.split(/\n\s*\n/).map((paragraph, index) => (
        <p key={index}>{paragraph.trim()}</p>
      ))}
    </div>
  );
}

/** What a view shows where there is nothing, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
