import { createHash } from 'node:crypto';
import { escapeMarkup } from '../drawing/escape';
import type { PageData } from '../drawing/page-data';
import { pageScript } from './page-script';
import { styleSheet } from './style';

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** Sentences under the title. */
  readonly leads: readonly string[];
  /** How the numbers were obtained, in a paragraph. */
  readonly note: string;
  /** Markup; empty ones are left out. */
  readonly sections: readonly string[];
  /** What the page's script draws from and saves; a page without it has no script. */
  readonly data?: PageData;
  /** Whether its server tells of what goes on. */
  readonly isLive?: boolean;
}

/** Data inside of a script element, which no text of theirs can end. */
function embedded(data: PageData): string {
  const text = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<script type="application/json" id="page-data">${text}</script>`;
}

/** What the browser lets the page do: run its own script, and nothing that came in with any text. */
function policy(hasScript: boolean, isLive: boolean): string {
  const hash = createHash('sha256').update(pageScript).digest('base64');
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    'img-src data:',
    ...(hasScript ? [`script-src 'sha256-${hash}'`] : []),
    ...(isLive ? ["connect-src 'self'"] : []),
  ].join('; ');
}

/** A whole page that loads nothing. */
export function document({ title, leads, note, sections, data, isLive = false }: PageParts): string {
  const script = data ? `${embedded(data)}\n<script>${pageScript}</script>\n` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(data !== undefined, isLive)}">
${isLive ? '<link rel="icon" href="data:,">\n' : ''}<title>${escapeMarkup(title)}</title>
<style>${styleSheet()}</style>
</head>
<body${isLive ? ' data-live' : ''}>
<main>
<header><h1>${escapeMarkup(title)}</h1>
${leads.map((sentence) => `<p class="lead">${escapeMarkup(sentence)}</p>`).join('\n')}
${note === '' ? '' : `<p class="note">${escapeMarkup(note)}</p>`}</header>
${sections.filter((section) => section !== '').join('\n')}
</main>
${script}</body>
</html>
`;
}
