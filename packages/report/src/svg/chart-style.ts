/**
 * Colours and type of the charts, used in the page and in pictures that stand alone. Blue and orange
 * stay apart in every common kind of colour blindness (Okabe & Ito 2008); dashes and labels at the
 * lines say the same without colour.
 */
export const palette = `
:root { color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f9; --ink: #1a1f26; --quiet: #5b6673; --line: #dde2e8; --grid: #e9edf1;
  --old: #0b68a8; --new: #b04c09; --new-fill: #b04c091f; --good: #1a7440; --bad: #b3261e; --wait: #7a5b00;
  --good-fill: #1a744016; --bad-fill: #b3261e14; --wait-fill: #7a5b0018; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14181d; --raised: #1c2229; --ink: #e8ecf1; --quiet: #9ba7b4; --line: #333c47; --grid: #262e37;
  --old: #62b4ec; --new: #f0a050; --new-fill: #f0a05026; --good: #62c68c; --bad: #ff8a80; --wait: #e5c15b;
  --good-fill: #62c68c1c; --bad-fill: #ff8a801c; --wait-fill: #e5c15b1c; } }
`;

export const chartStyle = `
.plot text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.plot .name { font-weight: 600; fill: var(--ink); font-size: 12px; }
.plot .grid { stroke: var(--grid); stroke-width: 1; }
.plot .axis { stroke: var(--line); stroke-width: 1; }
.plot .end { text-anchor: end; } .plot .middle { text-anchor: middle; }
.plot .old { fill: none; stroke: var(--old); stroke-width: 1.75; stroke-dasharray: 5 3; }
.plot .new { fill: none; stroke: var(--new); stroke-width: 1.75; }
.plot .evidence { fill: none; stroke: var(--bad); stroke-width: 1.75; } .plot .evidence-2 { stroke: var(--good); stroke-dasharray: 4 3; }
.plot .band-new { fill: var(--new); opacity: 0.16; } .plot .band-old { fill: var(--old); opacity: 0.2; }
.plot .area { fill: var(--new-fill); stroke: none; }
.plot .decided { fill: var(--bad-fill); }
.plot .bound { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 3; }
.plot .bound.bad { stroke: var(--bad); } .plot .bound.good { stroke: var(--good); }
.plot .dot { stroke: var(--paper); stroke-width: 1.5; fill: var(--ink); } .plot .dot.bad { fill: var(--bad); } .plot .dot.good { fill: var(--good); }
.plot .mark { stroke: var(--ink); stroke-width: 1; } .plot .mark.bad { stroke: var(--bad); } .plot .mark.good { stroke: var(--good); }
.plot .label-old { fill: var(--old); font-weight: 600; } .plot .label-new { fill: var(--new); font-weight: 600; }
.plot .label-bad { fill: var(--bad); font-weight: 600; } .plot .label-good { fill: var(--good); font-weight: 600; }
.plot .label-wait { fill: var(--ink); font-weight: 600; }
.plot .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.plot .cursor { stroke: var(--quiet); stroke-width: 1; visibility: hidden; }
`;
