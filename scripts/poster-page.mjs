// Writes one page with the figures of finished comparisons: `node scripts/poster-page.mjs TITLE FOLDER PART ...`, each part a
// folder in FOLDER that `overparam compare` wrote. Run from source, as scripts/start.mjs does.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPosterPage } from '@overparam/report';

const [title, folder, ...names] = process.argv.slice(2);
const parts = names.map((name) => ({
  ...JSON.parse(readFileSync(join(folder, name, 'compare.json'), 'utf8')),
  page: `${name}/report.html`,
}));
writeFileSync(join(folder, 'report.html'), await renderPosterPage(title, parts));
