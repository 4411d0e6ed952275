import { nearest, OverparamError } from '@overparam/errors';
import type { Site, SiteKind } from '@overparam/plugin';
import type { SiteReport } from './network/sites';

/**
 * Which sites a method expands: a layer's name; a pattern with `*` and `?`; a regular expression; a kind; a
 * kernel size; a predicate; and `not`, `any` (one of them), `all` (every one of them) of those.
 */
export type Selector =
  | string
  | RegExp
  | { readonly kind: SiteKind }
  | { readonly kernel: readonly [number, number] }
  | { readonly not: Selector }
  | { readonly any: readonly Selector[] }
  | { readonly all: readonly Selector[] }
  | ((site: Site) => boolean);

/** Whether a selector takes a site. */
export function matches(selector: Selector, site: Site): boolean {
  if (typeof selector === 'function') return selector(site);
  if (typeof selector === 'string') return patternOf(selector).test(site.name);
  if (selector instanceof RegExp) return selector.test(site.name);
  if ('kind' in selector) return site.kind === selector.kind;
  if ('kernel' in selector) {
    return (
      site.kind === 'conv2d' &&
      site.kernelShape[0] === selector.kernel[0] &&
      site.kernelShape[1] === selector.kernel[1]
    );
  }
  if ('not' in selector) return !matches(selector.not, site);
  if ('any' in selector) return selector.any.some((one) => matches(one, site));
  return selector.all.every((one) => matches(one, site));
}

function patternOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

/** Plain layer names in a selector, which must exist: a misspelt name should not select nothing in silence. */
function namesIn(selector: Selector): string[] {
  if (typeof selector === 'string') return /[*?]/.test(selector) ? [] : [selector];
  if (typeof selector === 'function' || selector instanceof RegExp) return [];
  if ('not' in selector) return namesIn(selector.not);
  if ('any' in selector) return selector.any.flatMap(namesIn);
  if ('all' in selector) return selector.all.flatMap(namesIn);
  return [];
}

/** Layers that a selector asks for by name, outside of `not`. */
function demandedNames(selector: Selector): string[] {
  return typeof selector === 'object' && 'not' in selector ? [] : namesIn(selector);
}

/**
 * Checks that every layer named in a selector exists and, unless excluded, is a site.
 *
 * @throws OverparamError `unknown-layer` with the nearest name, or `unsupported-site` with the reason
 */
export function checkNames(selector: Selector, reports: readonly SiteReport[]): void {
  for (const name of namesIn(selector)) {
    if (reports.some((report) => report.layer === name)) continue;
    const near = nearest(
      name,
      reports.map((report) => report.layer),
    );
    throw new OverparamError(
      'unknown-layer',
      `Unknown layer "${name}" in select${near ? `; did you mean "${near}"?` : '.'} ` +
        `The network has ${reports.length} layers, among them ${sample(reports)}.`,
    );
  }
  for (const name of demandedNames(selector)) {
    const report = reports.find((other) => other.layer === name)!;
    if (report.site) continue;
    throw new OverparamError(
      'unsupported-site',
      `Layer "${name}" ${report.reason ?? 'has no kernel to expand'}. Leave it out of select.`,
    );
  }
}

function sample(reports: readonly SiteReport[]): string {
  const names = reports.filter((report) => report.site).map((report) => report.layer);
  return names.length > 6 ? `${names.slice(0, 6).join(', ')}, …` : names.join(', ');
}
