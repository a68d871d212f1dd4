import { useEffect } from "preact/hooks";

/** Names the page in the tab, and to those who are read to. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? "Kerf & Daughters" : `${title} · Kerf & Daughters`;
  }, [title]);
}
