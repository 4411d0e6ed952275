import type { Expansion, Site, Start } from '@overparam/plugin';
import { type Branch, branchSpace } from './branch-space';
import { firstValues } from './first-values';

/**
 * An expansion into branches that each end in a norm, with the usual first values; see {@link branchSpace} and
 * {@link firstValues}.
 *
 * @param given  how they begin; `gamma` is that behind a branch's last step, 1 where left out
 */
export function branchesWithNorms(
  site: Site,
  branches: readonly Branch[],
  given: { readonly start: Start; readonly gamma?: number },
): Expansion {
  return branchSpace(site, {
    branches,
    initialise: (plain, key) => firstValues(site, branches, plain, { ...given, key }),
  });
}

/** Why nothing can be centred on a site's kernel, as the end of a sentence, or null. */
export function withoutCentre({ kernelShape: [kh, kw] }: Site): string | null {
  const odd = kh % 2 === 1 && kw % 2 === 1;
  return odd ? null : `kernel size ${kh}x${kw} is not supported: it has no centre (expected odd sides)`;
}
