import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';

const repository = 'https://github.com/overparam/overparam';

/** Finds where a file of the repository is on the site. */
export type AddressOf = (file: string) => string | undefined;

/** Where a link of a page leads on the site: to another page of it, else to the repository. */
function linkOf(target: string, from: string, root: string, addressOf: AddressOf): string {
  const own = /^https:\/\/github\.com\/overparam\/overparam\/(?:blob|tree)\/main\/(.*)$/.exec(target);
  if (!own && /^(https?:|mailto:|#)/.test(target)) return target;
  const [path, anchor] = (own ? own[1]! : posix.join(posix.dirname(from), target)).split('#') as [
    string,
    string?,
  ];
  const file = path.replace(/\/$/, '');
  const known = addressOf(file) ?? addressOf(`${file}/README.md`);
  const behind = anchor === undefined ? '' : `#${anchor}`;
  if (known !== undefined) return known + behind;
  if (!existsSync(join(root, file)))
    throw new Error(`${from} links to ${target}, and there is no ${file} in the repository.`);
  return `${repository}/blob/main/${file}${behind}`;
}

/** A page of the repository as the site has it: its links lead to pages of the site. Code stays as it is. */
export function withLinks(markdown: string, from: string, root: string, addressOf: AddressOf): string {
  // Fenced blocks and code in a line are passed over, by being matched first.
  return markdown.replaceAll(
    /(^```[\s\S]*?^```$|`[^`\n]*`)|\]\(([^)\s]+)\)/gm,
    (all, code: string | undefined, target: string | undefined) =>
      code !== undefined ? all : `](${linkOf(target!, from, root, addressOf)})`,
  );
}
