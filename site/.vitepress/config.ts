import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import type { Section } from '../source/sections';

const site = fileURLToPath(new URL('..', import.meta.url));
const menu = JSON.parse(readFileSync(join(site, '.pages', 'menu.json'), 'utf8')) as Section[];
const withApi = existsSync(join(site, '.pages', 'public', 'api', 'index.html'));

/** One part of the menu, without anything to fold: what folds is a button in a button there. */
const part = ({ title, pages }: Section) => ({
  text: title,
  items: pages.map(({ address, title: text }) => ({ text, link: address })),
});

/** Parts with many pages have a menu of their own, and one line in the others. */
const large = menu.filter(({ title }) => ['Methods', 'Routines', 'Balancers', 'Packages'].includes(title));
const others = menu.filter((section) => !large.includes(section));
const lookUp = part({ title: 'All of', pages: large.map(({ title, pages }) => ({ ...pages[0]!, title })) });
const sidebar = {
  ...Object.fromEntries(large.map((section) => [section.pages[0]!.address, [part(section), lookUp]])),
  '/': [...others.map(part), lookUp],
};

/** The documentation's site: static, with a search of its own, and nothing from elsewhere. Dead links fail the build. */
export default defineConfig({
  title: 'overparam',
  description: 'Train a larger network than you deploy: overparameterise, train, collapse exactly.',
  lang: 'en-GB',
  srcDir: '.pages',
  // What the API's pages link to lies beside them as it is, Markdown included.
  srcExclude: ['public/**'],
  outDir: 'dist',
  cacheDir: '.cache',
  cleanUrls: false,
  base: process.env.OVERPARAM_SITE_BASE ?? '/',
  markdown: { math: true, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  head: [
    [
      'link',
      { rel: 'icon', href: `${process.env.OVERPARAM_SITE_BASE ?? '/'}icon.svg`, type: 'image/svg+xml' },
    ],
  ],
  themeConfig: {
    logo: '/icon.svg',
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Methods', link: '/methods/' },
      { text: 'Balancers', link: '/balancers/' },
      ...(withApi ? [{ text: 'API', link: '/api/index.html', target: '_self' }] : []),
    ],
    sidebar,
    outline: [2, 3],
    footer: { message: 'MIT licence. No tracking, and nothing from elsewhere on these pages.' },
  },
});
