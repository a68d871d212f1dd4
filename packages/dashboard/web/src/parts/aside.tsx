import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * What is behind something that was chosen. It takes the focus from what was, so that the keyboard need not go through
 * all that stands between, and gives it back when it closes.
 */
export function Aside({ label, children }: { label: string; children: ComponentChildren }) {
  const aside = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    // Whoever came by a link has chosen nothing here.
    if (!(before instanceof Element && before.matches("a, button"))) return;
    aside.current!.focus({ preventScroll: true });
    return () => {
      // What is gone has taken the focus with it.
      if (document.activeElement === document.body && before.isConnected) (before as HTMLElement).focus();
    };
  }, []);
  return (
    <aside ref={aside} class="aside" aria-label={label} tabIndex={-1}>
      {children}
    </aside>
  );
}
