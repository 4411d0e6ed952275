import { escapeMarkup } from './escape';
import { styleSheet } from './style';

/**
 * A whole page that loads nothing.
 *
 * @param leads     sentences under the title
 * @param note      how the numbers were obtained, in one line
 * @param sections  markup; empty ones are left out
 */
export function document(
  title: string,
  leads: readonly string[],
  note: string,
  sections: readonly string[],
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeMarkup(title)}</title>
<style>${styleSheet()}</style>
</head>
<body>
<main>
<header><h1>${escapeMarkup(title)}</h1>
${leads.map((sentence) => `<p class="lead">${escapeMarkup(sentence)}</p>`).join('\n')}
${note === '' ? '' : `<p class="note">${escapeMarkup(note)}</p>`}</header>
${sections.filter((section) => section !== '').join('\n')}
</main>
</body>
</html>
`;
}
