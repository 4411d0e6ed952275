/** A fenced block of a Markdown page. */
export interface Block {
  /** All that stands behind the fence, such as `ts` or `sh`. */
  readonly language: string;
  readonly code: string;
  /** The file that a page says it is, in a line of its own before it: "`src/dots.ts`:" */
  readonly file: string | null;
}

/** The file that a line before a block says it is. */
function fileIn(line: string): string | null {
  return line.endsWith(':') ? (/`((?:src|test)\/[\w.-]+\.ts)`/.exec(line)?.[1] ?? null) : null;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const before = markdown.slice(0, match.index).trimEnd().split('\n').at(-1)!;
    return {
      language: match[1]!.trim(),
      code: match[2]!,
      file: fileIn(before),
    };
  });
}

/** A page's program, and what the page says that it prints. */
export interface Program {
  readonly code: string;
  /** Null where the page shows no output. */
  readonly output: string | null;
}

/** The program that a page's `ts` blocks make up, or null for a page without any; blocks that are files are not part of it. */
export function programOf(markdown: string): Program | null {
  const blocks = blocksOf(markdown);
  const code = blocks.filter(({ language, file }) => language === 'ts' && file === null);
  if (code.length === 0) return null;
  const outputs = blocks.filter(
    ({ language }, index) => language === 'text' && blocks[index - 1]?.language === 'ts',
  );
  return {
    code: code.map((block) => block.code).join('\n'),
    output: outputs.length > 0 ? outputs.map((block) => block.code).join('') : null,
  };
}

/** Numbers and truth values in the comments behind a program's `console.log`, which it promises to print. */
function promisedBy(code: string): string[] {
  const comments = [...code.matchAll(/console\.log\(.*\);? *\/\/ (.*)$/gm)].map(([, comment]) => comment!);
  return comments.flatMap(
    (comment) => comment.match(/(?<![\w.])-?\d+(\.\d+)?(e-?\d+)?(?![\w.])|\b(true|false)\b/g) ?? [],
  );
}

/** Whole numbers and truth values as they are; others within a twentieth, as errors differ a little by machine. */
function isPrinted(promised: string, printed: string): boolean {
  if (!promised.includes('.')) return printed.includes(promised);
  const numbers = printed.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? [];
  return numbers.some(
    (number) => Math.abs(Number(number) - Number(promised)) <= Math.abs(Number(promised)) / 20,
  );
}

/** Without TensorFlow.js's own greeting, which depends on the machine. */
export function withoutGreeting(output: string): string {
  return output.replace(/^=+\nHi, looks like.*?\n=+\n/gms, '').trim();
}

/** What a page says that its program prints and what it did not print: the page's whole output, or single numbers. */
export function missingFrom({ code, output }: Program, printed: string): string[] {
  const said = withoutGreeting(printed);
  const whole = output !== null && said !== output.trim() ? [output.trim()] : [];
  return [...whole, ...promisedBy(code).filter((promised) => !isPrinted(promised, said))];
}

/** Lines of a page's `sh` blocks, each with those that `\` continues it by. */
export function commandsOf(markdown: string): string[] {
  return blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The package of an import: `@overparam/plugin` of `@overparam/plugin/testing`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Packages that a page's TypeScript and JavaScript import, without Node's own. */
export function importsOf(markdown: string): Set<string> {
  const code = blocksOf(markdown).filter(({ language }) => language === 'ts' || language === 'js');
  const specifiers = code.flatMap((block) =>
    [...block.code.matchAll(/^(?:import|\} from)\b.*?'([^']+)';$/gm)].map(([, specifier]) => specifier!),
  );
  return new Set(specifiers.filter((name) => !/^(\.|node:)/.test(name)).map(packageOf));
}

/** Packages that a page's `npm install` lines name, without versions. */
export function installsOf(markdown: string): Set<string> {
  const lines = commandsOf(markdown).filter((line) => line.startsWith('npm install '));
  const words = lines.flatMap((line) => line.split(/\s+/).slice(2));
  return new Set(
    words.filter((word) => !/^(-|\.)/.test(word)).map((word) => word.replace(/(?<=.)@[\d.]+$/, '')),
  );
}
