import { escapeMarkup } from '../drawing/escape';
import { counted } from '../wording/numbers';

/** What would make the same again. */
export interface Reproduction {
  /** Lines for a shell. */
  readonly commands: readonly string[];
  /** By what they are of: `overparam`, `TensorFlow.js`, `Node`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Configs as they were run, every default filled in, by what they are of. */
  readonly configs: readonly { readonly label: string; readonly text: string }[];
}

function block(text: string, about: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escapeMarkup(about)}"><code>${escapeMarkup(text)}</code></pre>`;
}

/** Commands, versions and configs; empty where they are not known. */
export function reproductionSection(reproduction: Reproduction | null): string {
  if (reproduction === null) return '';
  const { commands, versions, configs } = reproduction;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const shown = configs.map(
    ({ label, text }) => `<h3>${escapeMarkup(label)}</h3>${block(text.trimEnd(), `Config of ${label}`)}`,
  );
  const details =
    configs.length === 0
      ? ''
      : `<details><summary>${counted(configs.length, 'config')}, every default filled in</summary>${shown.join('')}</details>`;
  const versionText =
    used.length === 0
      ? ''
      : `<p class="note">${escapeMarkup(`Made with ${used.join(', ')}. The same engine with the same number of threads gives the same metrics bit for bit.`)}</p>`;
  return `<section aria-labelledby="h-again"><h2 id="h-again">To make the same again</h2>${block(commands.join('\n'), 'Commands')}${versionText}${details}</section>`;
}
