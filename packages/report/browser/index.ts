// What makes a report one to explore, in the reader's browser; bundled by scripts/page-script.mjs.

import type { PageData } from '../src/drawing/page-data';
import { Charts } from './charts';
import { offerDownloads } from './downloads';
import { follow } from './live';
import { makeSortable } from './sorting';

const embedded = document.getElementById('page-data');
if (embedded) {
  let data = JSON.parse(embedded.textContent ?? '') as PageData;
  const charts = new Charts(data.curves);
  charts.enhance();
  makeSortable(document.body);
  offerDownloads(() => data);
  if (document.body.dataset.live !== undefined) {
    follow((news) => {
      data = news;
      charts.update(data.curves);
      makeSortable(document.body);
      offerDownloads(() => data);
    });
  }
}
