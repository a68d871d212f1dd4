/** Of every page. The system's own fonts; light and dark by what people have chosen. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f3f1ed, #16171b);
  --card: light-dark(#ffffff, #202227);
  --ink: light-dark(#1d1f24, #f0efec);
  --soft: light-dark(#5c606b, #a6aab5);
  --line: light-dark(#dcd8d0, #363941);
  --accent: light-dark(#1f5f4a, #7fd1b2);
  --on-accent: light-dark(#ffffff, #10231c);
  --warn-ground: light-dark(#fdf3dc, #352b14);
  --warn-ink: light-dark(#6b4a05, #f0cf8a);
  --bad: light-dark(#a32020, #ff9b9b);
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main {
  width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; padding: 2rem; box-shadow: 0 1px 2px #0001, 0 12px 32px #0000000f;
}
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; }
p { margin: 0 0 1.25rem; color: var(--soft); }
strong { color: var(--ink); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .625rem; }
form { margin: 0; }
button {
  font: inherit; color: inherit; cursor: pointer; border-radius: .75rem; border: 1px solid var(--line);
  background: transparent; padding: .7rem 1rem; min-height: 2.75rem;
}
button:hover { border-color: var(--accent); background: color-mix(in srgb, var(--accent) 7%, transparent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.primary:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
.person { width: 100%; display: flex; align-items: center; gap: .875rem; text-align: left; }
.face {
  flex: none; width: 2.5rem; height: 2.5rem; border-radius: 50%; display: grid; place-items: center;
  background: color-mix(in srgb, var(--accent) 16%, transparent); color: var(--accent); font-weight: 600;
}
.who { display: grid; min-width: 0; }
.who b { font-weight: 600; overflow-wrap: anywhere; }
.who small { color: var(--soft); overflow-wrap: anywhere; }
.password { display: flex; gap: .5rem; margin-top: .5rem; }
input {
  font: inherit; flex: 1; min-width: 0; padding: .6rem .8rem; border-radius: .75rem; color: inherit;
  border: 1px solid var(--line); background: var(--ground);
}
label { display: grid; gap: .25rem; flex: 1; color: var(--soft); font-size: .875rem; }
.notice {
  margin: 1.5rem 0 0; padding: .75rem 1rem; border-radius: .75rem; font-size: .875rem;
  background: var(--warn-ground); color: var(--warn-ink);
}
.bad { color: var(--bad); }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em; overflow-wrap: anywhere; }
@media (max-width: 30rem) { main { padding: 1.5rem 1.25rem; } }
`;
