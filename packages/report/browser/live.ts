import type { PageData } from '../src/drawing/page-data';

/** What the server tells of a run: sections of its page by their id, what it is drawn from, and whether it goes on. */
interface News {
  readonly sections: Readonly<Record<string, string>>;
  readonly data: PageData;
  readonly isOver: boolean;
}

/** Puts a section in its place, where it differs from what was told before; one with charts stays, as they are redrawn. */
function place(id: string, markup: string, before: string | undefined): void {
  if (markup === before) return;
  const there = document.getElementById(id);
  if (there?.querySelector('.plot')) return;
  const template = document.createElement('template');
  template.innerHTML = markup;
  const open = [...(there?.querySelectorAll('details') ?? [])].map((details) => details.open);
  there?.replaceChildren(template.content);
  for (const [index, details] of [...(there?.querySelectorAll('details') ?? [])].entries()) {
    details.open = open[index] ?? false;
  }
}

/** Follows the run that the page is of, as long as its server is there. */
export function follow(update: (data: PageData) => void): void {
  let told: Readonly<Record<string, string>> = {};
  const note = document.getElementById('connection');
  const source = new EventSource('events');
  let over = false;
  source.addEventListener('message', (event: MessageEvent<string>) => {
    const { sections, data, isOver } = JSON.parse(event.data) as News;
    for (const [id, markup] of Object.entries(sections)) place(id, markup, told[id]);
    told = sections;
    update(data);
    over = isOver;
    if (note) note.textContent = '';
    if (isOver) source.close();
  });
  source.addEventListener('error', () => {
    if (note && !over)
      note.textContent =
        'The program that follows the run has ended or cannot be reached; what was seen so far stays here.';
  });
}
