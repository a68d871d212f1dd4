import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const KEY = "kerf:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme | null {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
}

function wanted(): Theme {
  return stored() ?? (system.matches ? "dark" : "light");
}

/** Before the page is drawn for the first time, so that it does not flash in the other one. */
export function applyTheme(theme: Theme = wanted()): void {
  document.documentElement.dataset["theme"] = theme;
}

/** The reader's choice where there is one, otherwise the system's. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const [theme, setTheme] = useState(wanted);
  useEffect(() => applyTheme(theme), [theme]);
  useEffect(() => {
    const follow = () => setTheme(wanted());
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
  const toggle = () =>
    setTheme((now) => {
      const next = now === "dark" ? "light" : "dark";
      localStorage.setItem(KEY, next);
      return next;
    });
  return { theme, toggle };
}
