import type { About } from './network-page';

/** What is known of where a network comes from, as a table's rows. */
export function lineageRows(about: About): readonly (readonly [string, string])[] {
  const rows: readonly (readonly [string, string | number | undefined])[] = [
    ['Network', about.backbone],
    [
      'Trained with',
      about.method && `${about.method}, routine ${about.routine ?? 'joint'}, seed ${about.seed}`,
    ],
    ['On', about.dataset],
    [
      'Collapse',
      about.collapseGap === undefined
        ? undefined
        : `differs from the trained network by ${about.collapseGap.toExponential(1)} of the largest number`,
    ],
  ];
  const known = rows.filter(([, text]) => text !== undefined && text !== '');
  return known.length > 0
    ? known.map(([term, text]) => [term, String(text)] as const)
    : [['Network', 'its file does not say']];
}
