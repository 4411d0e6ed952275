import { made } from '../shared/elements';
import { shares } from '../shared/shares';

/** The five likeliest classes, each with a bar. */
export function bars(logits: ArrayLike<number>, names: readonly string[]): HTMLElement {
  const ranked = shares(logits)
    .map((share, index) => ({ share, name: (names[index] ?? `class ${index}`).replaceAll('_', ' ') }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 5);
  return made(
    'ol',
    { class: 'bars' },
    ranked.map(({ share, name }) => {
      const filled = made('i');
      filled.style.width = `${(share * 100).toFixed(1)}%`;
      const bar = made('span', { class: 'bar' }, [filled]);
      bar.setAttribute('aria-hidden', 'true');
      return made('li', {}, [
        made('span', { class: 'name', text: name }),
        made('span', { class: 'share', text: `${(share * 100).toFixed(1)} %` }),
        bar,
      ]);
    }),
  );
}
