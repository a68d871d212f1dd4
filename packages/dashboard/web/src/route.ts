import { useEffect, useState } from "preact/hooks";
import { keepPlace, returnToPlace } from "./kept-place.ts";

/** Where the reader is. All that a view shows follows from it, so that an address can be sent to somebody. */
export interface Place {
  /** Decoded parts of the path: `["traces", "4bf9…"]`. */
  readonly path: readonly string[];
  readonly search: URLSearchParams;
}

const MOVED = "kerf:moved";

export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else {
    keepPlace();
    history.pushState(null, "", to);
  }
  dispatchEvent(new Event(MOVED));
}

/** The address of this view with some of its query changed; null or empty takes a part out. */
export function withQuery(change: { readonly [name: string]: string | null }): string {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change))
    if (value === null || value === "") search.delete(name);
    else search.set(name, value);
  const text = search.toString();
  return location.pathname + (text === "" ? "" : `?${text}`);
}

/** Changes the query in place: what is typed into a filter is no step to go back to. */
export function setQuery(change: { readonly [name: string]: string | null }): void {
  go(withQuery(change), { replace: true });
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    const back = () => {
      moved();
      returnToPlace();
    };
    addEventListener("popstate", back);
    addEventListener(MOVED, moved);
    document.addEventListener("click", followHere);
    return () => {
      removeEventListener("popstate", back);
      removeEventListener(MOVED, moved);
      document.removeEventListener("click", followHere);
    };
  }, []);
  return place;
}

function here(): Place {
  const path = location.pathname.split("/").filter((part) => part !== "");
  return { path: path.map(decoded), search: new URLSearchParams(location.search) };
}

/** A plain click on a link of this page; with a key held, or to elsewhere, it is the browser's own. */
function followHere(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  const href = link?.getAttribute("href");
  if (!link || !href || link.hasAttribute("target") || link.hasAttribute("download")) return;
  // Links of a drawing do not tell the parts of their address, as others do.
  const { origin, pathname, search, hash } = new URL(href, location.href);
  if (origin !== location.origin || hash !== "" || pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(pathname + search);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
