import { everyColour, neutral } from './colours';

/** Rules that turn the figures' light colours into their dark ones. */
function darkFigures(): string {
  return everyColour
    .map(({ light, dark }) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
    .join('');
}

/** The report's style sheet: one column, light and dark by the reader's setting, one and a half on paper. */
export function styleSheet(): string {
  return `
:root{color-scheme:light dark;--ink:${neutral.ink.light};--muted:${neutral.muted.light};--line:${neutral.line.light};--paper:${neutral.paper.light};--wash:#f4f6f9;--bad:#b23b00;--good:#00684f;--heat:#58aef0}
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
.narrow{display:none}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px}
.triple{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
.panels td,.panels th{vertical-align:middle;padding:.25rem .3rem}
.panels img{display:block;width:100%;min-width:112px;max-width:220px;border-radius:3px}
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
@media screen and (prefers-color-scheme:dark){:root{--ink:${neutral.ink.dark};--muted:${neutral.muted.dark};--line:${neutral.line.dark};--paper:${neutral.paper.dark};--wash:#1c222c;--bad:#ff9a5c;--good:#48d1a8;--heat:#0072b2}${darkFigures()}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}.scroll{overflow:visible;border:0}th,td{padding:.25rem .4rem;white-space:normal}figure,table{break-inside:avoid}h2{break-after:avoid}.narrow{display:none}.wide{display:block}.pair{grid-template-columns:1fr 1fr}}
`.trim();
}
