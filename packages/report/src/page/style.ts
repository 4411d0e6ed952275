import { colourOf, neutral } from '../drawing/colours';

/** The colours of rows, as the variable that their marks are drawn with. */
function rowColoursOn(ground: 'light' | 'dark'): string {
  return Object.entries(colourOf)
    .map(([name, colour]) => `.${name}{--row:${colour[ground]}}`)
    .join('');
}

/** The report's style sheet: one column, light and dark by the reader's setting, one and a half on paper. */
export function styleSheet(): string {
  return `
:root{color-scheme:light dark;--ink:${neutral.ink.light};--muted:${neutral.muted.light};--line:${neutral.line.light};--paper:${neutral.paper.light};--wash:#f4f6f9;--control:#7f8897;--bad:#b23b00;--good:#00684f;--heat:#58aef0;--focus:#0060a8}
${rowColoursOn('light')}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1060px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}
h4{font-size:.95rem;margin:1.2rem 0 .3rem}
a{color:inherit}
h3{font-size:.95rem;margin:1.2rem 0 .3rem}
h2{font-size:1.15rem;line-height:1.3;margin:2.6rem 0 .6rem}
p{margin:.4rem 0;max-width:46rem}
.lead{font-size:1.08rem}
.note,figcaption,dt{color:var(--muted);font-size:.875rem}
figure{margin:0}
figcaption{margin-top:.4rem;max-width:46rem}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:13px;fill:var(--ink);font-variant-numeric:tabular-nums}
svg .quiet{font-size:12px;fill:var(--muted)}
svg .title{font-weight:600}
.grid{stroke:var(--line);stroke-width:1}
.axis{stroke:var(--muted);stroke-width:1}
.upright{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:4 3}
.boundary{stroke:var(--muted);stroke-dasharray:2 3}
.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.ring{fill:var(--paper);stroke:var(--ink);stroke-width:1}
.bar,.dot{fill:var(--row)}
.before{opacity:.42}
.row-reference .bar{opacity:.55}
.curve{fill:none;stroke:var(--row);stroke-width:2;stroke-linejoin:round}
.band{fill:var(--row);opacity:.16}
.cursor-line{stroke:var(--ink);stroke-width:1;opacity:.55}
.plot{position:relative;touch-action:pan-y pinch-zoom;cursor:crosshair;user-select:none;-webkit-user-select:none}
.plot svg{width:auto;max-width:100%}
.selection{position:absolute;top:30px;bottom:42px;background:var(--focus);opacity:.2;pointer-events:none}
.controls{display:flex;align-items:center;gap:.35rem;margin:.1rem 0 .35rem}
.epoch{flex:1;min-width:4rem;accent-color:var(--focus);margin:0}
.at{font-size:.8125rem;color:var(--muted);min-width:5.2em;text-align:right;font-variant-numeric:tabular-nums}
.readout{list-style:none;margin:0 0 1rem;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(13.5rem,1fr));gap:.1rem 1rem;font-size:.8125rem}
.readout li{display:flex;align-items:center;gap:.4rem;min-width:0}
.readout span{line-height:1.15;overflow-wrap:anywhere}
.readout b{margin-left:auto;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.sample{width:24px;height:8px;flex:none}
button{font:inherit;font-size:.875rem;color:var(--ink);background:var(--wash);border:1px solid var(--control);border-radius:6px;padding:.3rem .7rem;cursor:pointer}
button:hover:not(:disabled){border-color:var(--ink)}
button:disabled{opacity:.5;cursor:default}
button.small{padding:.05rem .5rem;min-width:1.9rem;min-height:1.65rem;font-size:.8125rem}
.legend button{display:flex;align-items:center;gap:.45rem;padding:.1rem .55rem;background:none}
.legend button[aria-pressed=false]{opacity:.55;text-decoration:line-through}
th button{display:inline-block;font-size:inherit;font-weight:inherit;text-align:inherit;background:none;border:0;padding:0;border-radius:3px}
th button:hover{text-decoration:underline}
th button::after{content:" ↕";font-weight:400;color:var(--muted);font-size:.75em}
[aria-sort=ascending] button::after{content:" ▲";color:var(--ink)}
[aria-sort=descending] button::after{content:" ▼";color:var(--ink)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.save{display:flex;flex-wrap:wrap;gap:.5rem}
pre{margin:.6rem 0;padding:.7rem .9rem;overflow:auto;max-height:24rem;background:var(--wash);border:1px solid var(--line);border-radius:8px;font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.progress{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .9rem;margin:.9rem 0}
.progress progress{flex:1 1 14rem;height:.7rem;accent-color:var(--focus)}
.state{font-weight:600}
.narrow{display:none}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px}
.triple{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
.panels td,.panels th{vertical-align:middle;padding:.25rem .3rem}
.panels img{display:block;width:100%;min-width:112px;max-width:220px;border-radius:3px}
.scale{display:flex;flex-wrap:wrap;justify-content:space-between;min-width:112px;max-width:220px}
.scale i{flex:0 0 100%;height:8px;border-radius:2px;margin-bottom:.15rem}
.panels tbody th{min-width:120px;white-space:normal}
.confusion td{text-align:center;padding:.2rem .3rem;min-width:2rem;background:color-mix(in srgb,var(--heat) calc(var(--share)*85%),var(--paper))}
.confusion th{padding:.2rem .45rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.2rem 0 .6rem;padding:0;list-style:none;font-size:.875rem}
.legend li{display:flex;align-items:center;gap:.45rem}
.legend svg{width:30px;height:8px;flex:none}
.scroll{margin:.8rem 0;overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.8125rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.6rem .55rem .3rem;color:var(--muted)}
th,td{padding:.45rem .55rem;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{white-space:normal;background:var(--wash);font-weight:600;vertical-align:bottom}
tbody th{font-weight:600}
.number{text-align:right}
.behind{color:var(--bad);font-weight:600}
.ahead{color:var(--good);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:.5rem 0}
dd{margin:0;overflow-wrap:anywhere}
details{margin:.8rem 0}
summary{cursor:pointer;font-size:.9375rem;padding:.2rem 0}
.alert{border-left:4px solid var(--bad);padding:.3rem .9rem;background:var(--wash)}
@media (max-width:680px){main{padding:24px 16px 48px}.wide{display:none}.narrow{display:block}.pair,.triple{grid-template-columns:1fr}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media screen and (prefers-color-scheme:dark){:root{--ink:${neutral.ink.dark};--muted:${neutral.muted.dark};--line:${neutral.line.dark};--paper:${neutral.paper.dark};--wash:#1c222c;--control:#727d8f;--bad:#ff9a5c;--good:#48d1a8;--heat:#0072b2;--focus:#7cc0ff}${rowColoursOn('dark')}}
@media print{.controls,.save,th button::after{display:none}body{font-size:11pt}main{max-width:none;padding:0}.scroll{overflow:visible;border:0}th,td{padding:.25rem .4rem;white-space:normal}figure,table{break-inside:avoid}h2{break-after:avoid}.narrow{display:none}.wide{display:block}.pair{grid-template-columns:1fr 1fr}}
`.trim();
}
