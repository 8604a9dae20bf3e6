/** The look of the report, light and dark, from narrow phones to paper. */
export const STYLE = `
:root {
  --ink: #1b1d21; --muted: #5a6068; --paper: #fff; --panel: #f5f6f8; --line: #d4d8de; --control: #7b828c;
  --accent: #0072b2; --accent-ink: #005a8d; --track: #e6e9ee; --good: #00694b; --bad: #a83f00; --escape: #8a2b64;
  --warning: #fff3d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e8eb; --muted: #a3abb5; --paper: #15181c; --panel: #1e2227; --line: #363c44; --control: #7d8590;
    --accent: #3d9ad1; --accent-ink: #7cc4ee; --track: #2a3037; --good: #5fd0a5; --bad: #ff9c66; --escape: #f0a3d0;
    --warning: #3d3114;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 1rem clamp(.75rem, 3vw, 2rem); max-width: 84rem; overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 0; }
h4 { font-size: .85rem; margin: 1.25rem 0 .25rem; color: var(--muted); }
h2:focus, h3:focus { outline: none; }
a { color: var(--accent-ink); }
small, .note { color: var(--muted); font-size: .85rem; }
small { display: block; }
.note { max-width: 46rem; }
.warning { background: var(--warning); border-left: .25rem solid var(--bad); padding: .5rem .75rem; max-width: 60rem; }
:focus-visible { outline: 2px solid var(--accent-ink); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: .75rem 0 0; list-style: none; }
nav a { display: inline-block; padding: .15rem 0; }

table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.caption { color: var(--muted); font-size: .85rem; margin: 0 0 .25rem; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { font-size: .85rem; color: var(--muted); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; max-width: 22rem; }
th.number, td.number { text-align: right; white-space: nowrap; }
.metrics { width: 100%; }
.metrics strong { font-size: 1.15rem; }
.metrics .bar-cell { width: 55%; padding-right: 0; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; overflow-wrap: normal; }
.scroll table { min-width: min(100%, 44rem); }
.scroll tbody th { min-width: 5rem; max-width: 20rem; overflow-wrap: break-word; position: sticky; left: 0; background: var(--paper); }
.scroll .bar-cell { min-width: 9rem; }
.bar { display: block; width: 100%; height: .8rem; margin: .35rem 0 .1rem; }
.track { fill: var(--track); }
.fill { fill: var(--accent); }
.whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; vector-effect: non-scaling-stroke; }
.ends { display: flex; justify-content: space-between; font-size: .75rem; color: var(--muted); line-height: 1.2; }
.better { color: var(--good); }
.worse { color: var(--bad); }

.chart { display: block; width: 100%; max-width: 26rem; height: auto; font-size: 11px; }
.chart text { fill: var(--muted); }
.chart .grid, .chart .axis { stroke: var(--line); }
.chart .ideal { stroke: var(--ink); stroke-dasharray: 4 4; }
.chart .point { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
.figures { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; max-width: 26rem; }
figcaption { font-weight: 500; margin-bottom: .35rem; }
summary { cursor: pointer; padding: .4rem 0; }

th.class-name { max-width: 9rem; padding: .4rem; text-align: center; overflow-wrap: break-word; }
td.cell { padding: 0; border: 1px solid var(--line); text-align: center; min-width: 3.25rem; }
td.cell button { width: 100%; min-height: 2.5rem; border: 0; border-radius: 0; background: none; color: inherit; font: inherit; }
td.cell button:hover { text-decoration: underline; }
td.cell .nothing { line-height: 2.5rem; color: var(--muted); }
td.diagonal { outline: 2px solid var(--control); outline-offset: -2px; }
${Array.from({ length: 9 }, (_, shade) => `.shade-${shade + 1} { background: color-mix(in srgb, var(--accent) ${(shade + 1) * 5}%, transparent); }`).join('\n')}

.filters { display: grid; gap: .5rem .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); align-items: end; margin-bottom: 1rem; }
.filters label { font-size: .85rem; color: var(--muted); min-width: 0; }
.filters .search { grid-column: span 2; }
input, select, button {
  font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--control); border-radius: .3rem;
  min-height: 2.5rem; padding: .25rem .5rem; min-width: 0;
}
.filters input, .filters select { display: block; width: 100%; }
button { cursor: pointer; padding: .25rem .9rem; background: var(--panel); }
button:disabled { color: var(--muted); border-color: var(--line); cursor: default; }
[hidden] { display: none !important; }
.browser { display: grid; grid-template-columns: minmax(18rem, 2fr) 3fr; gap: 1.5rem; align-items: start; }
.list, .detail { min-width: 0; }
#status { margin: 0 0 .5rem; color: var(--muted); font-size: .9rem; }
#list { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .4rem; overflow: hidden; }
#list:empty { display: none; }
#list li + li { border-top: 1px solid var(--line); }
#list a { display: grid; grid-template-columns: auto 1fr auto; gap: 0 .6rem; padding: .5rem .65rem; text-decoration: none; color: inherit; font-size: .9rem; line-height: 1.4; }
#list a:hover { background: var(--panel); }
#list a[aria-current] { background: var(--panel); box-shadow: inset .25rem 0 var(--accent); }
#list a:focus-visible { outline-offset: -2px; }
#list .excerpt { grid-column: 1 / -1; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; color: var(--muted); }
#list .answer { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.mark { font-weight: 700; }
.mark.right { color: var(--good); }
.mark.wrong { color: var(--bad); }
.pages { display: flex; align-items: center; justify-content: space-between; gap: .5rem; margin-top: .75rem; font-size: .9rem; }
.detail { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; background: var(--panel); border-radius: .5rem; padding: .85rem 1rem 1rem; }
.detail header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; justify-content: space-between; }
.detail header nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .9rem; }
.detail table { width: 100%; font-size: .9rem; overflow-wrap: normal; }
.detail thead th.number { white-space: normal; }
.detail tbody th { min-width: 5.25rem; overflow-wrap: anywhere; position: static; background: none; }
.detail .scroll { margin: 0; }
.detail .scroll table { min-width: 100%; }
.detail pre { margin: 0; max-height: 28rem; overflow: auto; }
pre {
  padding: .6rem .7rem; background: var(--paper); border: 1px solid var(--line); border-radius: .3rem;
  white-space: pre-wrap; overflow-wrap: anywhere; font: .875rem/1.5 ui-monospace, monospace; tab-size: 4;
}
.detail pre + pre, .detail .role + pre { margin-top: .35rem; }
.role { font-size: .8rem; color: var(--muted); margin: .6rem 0 .2rem; }
.stretch { display: block; }
.escape { color: var(--escape); font-weight: 600; }
.side-by-side { display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, max(14rem, 40%)), 1fr)); }
.facts { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); margin: 0; }
.facts div { display: grid; grid-template-columns: minmax(7rem, 2fr) 3fr; gap: .75rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
footer { margin-top: 3rem; color: var(--muted); font-size: .85rem; }

@media (max-width: 52rem) {
  .browser { grid-template-columns: minmax(0, 1fr); }
  .browser:not(.open) .detail, .browser.open .list { display: none; }
  .detail { position: static; max-height: none; }
}
@media (max-width: 30rem) {
  .filters { grid-template-columns: 1fr 1fr; }
  .metrics .bar-cell { width: 45%; }
  .scroll tbody th { max-width: 8rem; }
  th, td { padding-right: .5rem; }
}
@media print {
  :root { --ink: #000; --muted: #444; --paper: #fff; --panel: #fff; --line: #999; --track: #e6e9ee; }
  body { max-width: none; padding: 0; }
  nav, .filters, .list, .skip, .detail .note { display: none !important; }
  .browser { display: block; }
  .detail { display: block !important; position: static; max-height: none; overflow: visible; padding: 0; }
  .detail pre { max-height: none; }
  .scroll { overflow: visible; }
  tr, figure, .chart { break-inside: avoid; }
  h2 { break-after: avoid; }
  .fill, .track, td.cell { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
