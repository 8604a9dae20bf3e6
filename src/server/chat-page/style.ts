/** The look of the chat page, light and dark, from phones of 320 pixels up. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1d21, #e6e8eb); --muted: light-dark(#5a6068, #a3abb5); --paper: light-dark(#fff, #15181c);
  --panel: light-dark(#f2f4f7, #1e2227); --line: light-dark(#d4d8de, #363c44); --control: light-dark(#7b828c, #7d8590);
  --accent: light-dark(#005a8d, #7cc4ee); --on-accent: light-dark(#fff, #10141a); --own: light-dark(#e3effa, #1d3346);
  --bad: light-dark(#9c3a00, #ff9c66); --warning: light-dark(#fff3d6, #3d3114); --escape: light-dark(#8a2b64, #f0a3d0);
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  display: flex; flex-direction: column; height: 100dvh; max-width: 56rem; margin: 0 auto; overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; padding: .25rem .75rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.note { color: var(--muted); font-size: .9rem; }

header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .6rem .75rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.1rem; margin: 0 auto 0 0; }
label { font-size: .85rem; color: var(--muted); min-width: 0; }
.model { display: flex; align-items: center; gap: .4rem; flex: 0 1 auto; white-space: nowrap; }
.model select { max-width: 16rem; }
details { flex-basis: 100%; }
summary { cursor: pointer; padding: .2rem 0; color: var(--muted); font-size: .9rem; width: max-content; }
.fields { display: grid; gap: .5rem .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); padding: .25rem 0 .5rem; }
.wide { grid-column: 1 / -1; }

input, select, textarea, button {
  font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--control); border-radius: .35rem;
  padding: .35rem .6rem; min-width: 0; min-height: 2.25rem;
}
input, .fields textarea { display: block; width: 100%; margin-top: .15rem; }
select { width: 100%; text-overflow: ellipsis; }
textarea { resize: vertical; }
::placeholder { color: var(--muted); opacity: 1; }
button { cursor: pointer; background: var(--panel); }
button:hover { border-color: var(--accent); }
button:disabled { cursor: default; opacity: .6; }
button.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600; }
button[aria-pressed=true] { background: var(--own); }

main { flex: 1; overflow-y: auto; padding: .5rem .75rem 1rem; }
#conversation { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: .9rem; }
#conversation > li { max-width: 100%; }
li.user { align-self: flex-end; max-width: 85%; background: var(--own); border-radius: .75rem; padding: .5rem .8rem; }
.speaker { display: block; font-size: .8rem; color: var(--muted); }
.text { white-space: pre-wrap; }
.text pre {
  margin: .4rem 0; padding: .6rem .7rem; overflow-x: auto; overflow-wrap: normal; background: var(--panel);
  border: 1px solid var(--line); border-radius: .35rem;
}
code { font: .875em/1.5 ui-monospace, monospace; }
.text > code { background: var(--panel); border-radius: .2rem; padding: .05rem .25rem; }
.escape { color: var(--escape); font-weight: 600; }
.under { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; font-size: .8rem; color: var(--muted); }
.under button { min-height: 1.6rem; padding: 0 .5rem; }
.writing .text::after { content: "▍"; color: var(--accent); }
@media (prefers-reduced-motion: no-preference) {
  .writing .text::after { animation: blink 1s steps(2) infinite; }
  @keyframes blink { to { opacity: 0; } }
}

footer { border-top: 1px solid var(--line); padding: .6rem .75rem; }
.problem { background: var(--warning); border-left: .25rem solid var(--bad); padding: .4rem .75rem; margin: 0 0 .5rem; }
.problem button { margin-left: .5rem; }
form { display: flex; gap: .5rem; align-items: end; }
#key-form { margin-bottom: .5rem; }
#key-form label, #message { flex: 1; }
#message { max-height: 40vh; }
@media (max-width: 26rem) {
  .model { order: 1; flex-basis: 100%; }
  .model select { max-width: none; }
  details { order: 2; }
  li.user { max-width: 95%; }
}
@media (max-height: 26rem) { header { flex-wrap: nowrap; } details { flex-basis: auto; } details[open] { flex-basis: 100%; } }
`;
