import { useEffect, useState } from "preact/hooks";

/** Where the visitor is; `go` and links of this page change it without loading anything. */
export interface Place {
  readonly path: string;
  readonly search: URLSearchParams;
}

const MOVED = "shop:moved";

export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new Event(MOVED));
  if (!replace) scrollTo(0, 0);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    document.addEventListener("click", followHere);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
      document.removeEventListener("click", followHere);
    };
  }, []);
  return place;
}

function here(): Place {
  return { path: location.pathname, search: new URLSearchParams(location.search) };
}

/** A plain click on a link to this shop; with a key held, or to elsewhere, it is the browser's own. */
function followHere(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.origin !== location.origin || link.target !== "" || link.hasAttribute("download")) return;
  // An anchor within the page, such as the one that skips to its content.
  if (link.hash !== "" && link.pathname === location.pathname) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
