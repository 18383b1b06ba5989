import { chartStyle, palette } from "../svg/chart-style.ts";

/** The whole style of the page: two type families of the system, one scale of sizes, one accent for each version. */
export const style = `${palette}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main, header.top, footer { max-width: 980px; margin: 0 auto; padding: 0 24px; }
header.top { padding-top: 40px; }
h1, h2, h3, h4, p, dl, dd, ol, ul, figure { margin: 0; }
h1 { font-size: 15px; font-weight: 600; color: var(--quiet); }
.lead { font-size: 28px; line-height: 1.25; font-weight: 650; letter-spacing: -0.012em; margin-top: 6px; max-width: 26em; text-wrap: balance; }
h2 { font-size: 22px; line-height: 1.3; font-weight: 650; letter-spacing: -0.008em; text-wrap: balance; }
h3 { font-size: 15px; font-weight: 650; display: inline; }
h4 { font-size: 13px; font-weight: 650; margin-top: 16px; }
code, pre { font: 0.87em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: 0; }
.quiet { color: var(--quiet); } .quiet code { color: inherit; }
.empty { color: var(--quiet); padding: 10px 0; max-width: 44em; }
a { color: inherit; text-underline-offset: 3px; text-decoration-color: var(--line); } a:hover { text-decoration-color: currentColor; }
.overview { list-style: none; padding: 0; margin-top: 24px; border-top: 1px solid var(--line); }
.overview li { display: grid; grid-template-columns: 8.5em 1fr auto; gap: 4px 16px; padding: 10px 0; border-bottom: 1px solid var(--line); align-items: baseline; }
.overview .quiet { display: block; font-size: 13px; } .overview .when { color: var(--quiet); font-variant-numeric: tabular-nums; }
article { padding-top: 44px; margin-top: 44px; border-top: 2px solid var(--ink); }
article.only { border-top: 0; padding-top: 0; margin-top: 28px; } .kicker.first { margin-top: 18px; }
.kicker { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; color: var(--quiet); margin-bottom: 6px; }
.because { font-size: 17px; line-height: 1.5; max-width: 42em; margin-top: 8px; text-wrap: pretty; }
.meta { color: var(--quiet); margin-top: 10px; font-size: 13px; font-variant-numeric: tabular-nums; }
.badge { font-size: 13px; font-weight: 600; padding: 1px 7px 2px; border-radius: 4px; white-space: nowrap; background: var(--raised); color: var(--quiet); }
.badge.good { color: var(--good); background: var(--good-fill); } .badge.bad { color: var(--bad); background: var(--bad-fill); } .badge.wait { color: var(--wait); background: var(--wait-fill); }
.key { font-weight: 600; white-space: nowrap; } .key::before { content: ""; display: inline-block; width: 18px; margin-right: 6px; vertical-align: 0.3em; border-top: 2.5px solid; }
.key.new { color: var(--new); } .key.old { color: var(--old); } .key.old::before { border-top-style: dashed; }
.new-figure { font-weight: 600; }
section { margin-top: 28px; } section > h3 { display: block; margin-bottom: 8px; }
details { border-top: 1px solid var(--line); } article > details:last-child, .folds > details:last-child { border-bottom: 1px solid var(--line); }
.folds { margin-top: 28px; }
summary { padding: 11px 0; cursor: pointer; display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ""; width: 7px; height: 7px; margin: 0 4px 1px 0; align-self: center; border: solid var(--quiet); border-width: 1.5px 1.5px 0 0; rotate: 45deg; translate: -2px 0; transition: transform 0.12s; transform-origin: center; }
details[open] > summary::before { transform: rotate(90deg); }
summary:hover h3 { text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 4px; }
summary:focus-visible, a:focus-visible, input:focus-visible, .scroll:focus-visible { outline: 2px solid var(--old); outline-offset: 2px; border-radius: 3px; }
.gist { color: var(--quiet); font-variant-numeric: tabular-nums; }
.inside { padding: 2px 0 22px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(138px, 1fr)); gap: 14px 20px; padding: 8px 0 18px; }
.facts > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.facts dt { color: var(--quiet); font-size: 13px; line-height: 1.35; }
.facts dd { font-size: 20px; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
/* A shadow at the edge behind which a wide table goes on; the paper that hides it scrolls along. */
.scroll { overflow-x: auto; margin-top: 16px; background:
  linear-gradient(to right, var(--paper) 40%, transparent) 0 0 / 40px 100% no-repeat local,
  linear-gradient(to left, var(--paper) 40%, transparent) 100% 0 / 40px 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) 0 0 / 14px 100% no-repeat scroll,
  linear-gradient(to left, var(--line), transparent) 100% 0 / 14px 100% no-repeat scroll; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; font-weight: 600; font-size: 13px; padding-bottom: 4px; }
th { text-align: left; font-size: 12.5px; font-weight: 500; color: var(--quiet); white-space: nowrap; }
th, td { padding: 6px 20px 6px 0; border-bottom: 1px solid var(--grid); vertical-align: top; } th:last-child, td:last-child { padding-right: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
td:not(.number) { min-width: 5em; } td:not(.number):last-child { min-width: 9em; } td code { overflow-wrap: break-word; }
.chart { margin: 4px 0 20px; } .chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart .narrow { display: none; } .legend { display: none; gap: 18px; font-size: 13px; margin-bottom: 6px; }
figcaption, .readout { color: var(--quiet); font-size: 13px; margin-top: 6px; max-width: 60em; }
.readout { color: var(--ink); font-variant-numeric: tabular-nums; min-height: 1.6em; margin: 0; }
.aside { margin-top: 16px; } .nowrap { white-space: nowrap; }
.evidence-words { border-left: 3px solid var(--line); padding: 2px 0 2px 14px; max-width: 48em; } .evidence-words p + p { margin-top: 6px; }
.stages { list-style: none; padding: 0; }
.stages > li { display: grid; grid-template-columns: 5.5em 6em minmax(120px, 1fr) 8em; gap: 2px 14px; align-items: baseline; padding: 7px 0; border-bottom: 1px solid var(--grid); }
.stage-name { font-weight: 600; } .stage-time { text-align: right; font-variant-numeric: tabular-nums; }
.stage-bar svg { display: block; width: 100%; height: 10px; background: var(--raised); border-radius: 2px; }
.bar { fill: var(--quiet); } .bar.good { fill: var(--good); } .bar.bad { fill: var(--bad); } .bar.wait { fill: var(--wait); }
.stage-summary { grid-column: 3 / -1; color: var(--quiet); font-size: 14px; min-width: 0; overflow-wrap: anywhere; }
.problems { padding-left: 1.1em; margin-top: 6px; color: var(--ink); } .problems .error::marker { color: var(--bad); } .remedy { color: var(--quiet); white-space: pre-line; }
.steps { padding-left: 1.6em; } .steps li { padding: 2px 0; } .steps li::marker { color: var(--quiet); font-variant-numeric: tabular-nums; }
.filter { display: inline-block; margin: 10px 0 4px; font-size: 13px; color: var(--quiet); } .filter[hidden] { display: none; }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 4px; padding: 3px 8px; margin-left: 4px; }
.journal { list-style: none; padding: 0; font-size: 14px; } .journal li { display: grid; grid-template-columns: 5.2em 11em 1fr; gap: 0 10px; padding: 4px 0; border-bottom: 1px solid var(--grid); overflow-wrap: anywhere; }
.journal li[hidden] { display: none; }
.journal time { font-variant-numeric: tabular-nums; color: var(--quiet); } .journal code { color: var(--quiet); }
footer { color: var(--quiet); font-size: 13px; padding-top: 28px; padding-bottom: 56px; }
@media (max-width: 640px) {
  main, header.top, footer { padding-left: 16px; padding-right: 16px; } header.top { padding-top: 24px; }
  .lead { font-size: 23px; } h2 { font-size: 19px; } .because { font-size: 16px; } article { padding-top: 32px; margin-top: 32px; }
  .overview li { grid-template-columns: 1fr auto; } .overview .what { grid-column: 1 / -1; order: 3; }
  .chart .wide { display: none; } .chart .narrow { display: block; } .legend { display: flex; }
  .reading .readout { min-height: 4.8em; } .facts { grid-template-columns: 1fr 1fr; } .facts dd { font-size: 18px; }
  .stages > li { grid-template-columns: 5em 1fr auto; } .stage-time { text-align: left; } .stage-bar { grid-column: 1 / -1; order: 4; } .stage-summary { grid-column: 1 / -1; order: 5; }
  .journal li { grid-template-columns: 5.2em 1fr; } .journal li > span { grid-column: 1 / -1; }
  th, td { padding-right: 14px; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #f6f7f9; --ink: #000; --quiet: #444; --line: #bbb; --grid: #ddd;
    --old: #0b68a8; --new: #b04c09; --new-fill: #b04c091f; --good: #1a7440; --bad: #b3261e; --wait: #7a5b00; }
  body { font-size: 11pt; } article + article { break-before: page; }
  figure, tr, li, .facts { break-inside: avoid; } .filter, .readout { display: none; } .scroll { overflow: visible; }
}
@media (prefers-reduced-motion: reduce) { summary::before { transition: none; } }
${chartStyle}`;
