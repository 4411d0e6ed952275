// Not the package's whole: help would wait for all that a config can name.
import { configKeys } from '@overparam/config/keys';
import type { Hint } from '@overparam/terminal/command-line';

/** `--epochs 3` is `--set epochs=3`, and `--lr.peak=0.1` is `--set lr.peak=0.1`. */
export const configHint: Hint = (name, value = '...') => {
  const path = name.replace(/^--/, '');
  const known = (configKeys as readonly string[]).includes(path.split('.')[0]!);
  return known ? `--set ${path}=${value}` : null;
};
