/** An element of the page, which the page's own HTML holds. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element "${id}".`);
  return found as Kind;
}

/** A new element with text and children; text never becomes markup. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  settings: { readonly class?: string; readonly text?: string } = {},
  children: readonly Node[] = [],
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  if (settings.class !== undefined) node.className = settings.class;
  if (settings.text !== undefined) node.textContent = settings.text;
  node.append(...children);
  return node;
}

/** Shows words about what went wrong in place of the page's contents. */
export function showFailure(heading: string, text: string): void {
  const box = element('failure');
  box.replaceChildren(made('h2', { text: heading }), made('p', { text }));
  box.hidden = false;
}
