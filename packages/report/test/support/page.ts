import { expect } from 'vitest';
import type { PageData } from '../../src';

const voidTags = new Set(['meta', 'br', 'hr', 'img']);

/** Checks that tags nest, and returns how often each occurs. */
export function tagCounts(html: string): Map<string, number> {
  const counts = new Map<string, number>();
  const open: string[] = [];
  const body = html
    .replace(/<!doctype html>/, '')
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/(<script[^>]*>)[\s\S]*?(<\/script>)/g, '$1$2');
  for (const [, close, name = '', selfClosed] of body.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)(?:\s[^<>]*?)?(\/?)>/g,
  )) {
    if (close) {
      expect(open.pop()).toBe(name);
      continue;
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (!selfClosed && !voidTags.has(name)) open.push(name);
  }
  expect(open).toEqual([]);
  return counts;
}

/** What a page holds for its script, read. */
export function pageData(html: string): PageData {
  const [, text = ''] =
    /<script type="application\/json" id="page-data">([\s\S]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(text) as PageData;
}

/** Checks that a page loads nothing, and that names of its elements are unique and found where they are used. */
export function expectWhole(page: string): void {
  // What its own script may do is for the page's policy; nothing else names anything outside.
  const read = page.replace(/<script>[\s\S]*?<\/script>/, '');
  expect(read.match(/https?:|url\((?!#)|@import|\bsrc="(?!data:image\/png)|\bhref=/)).toBeNull();
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, names = ''] of page.matchAll(/aria-labelledby="([^"]+)"/g)) {
    for (const name of names.split(' ')) expect(ids).toContain(name);
  }
}
