/** A fenced block of a Markdown page. */
export interface Block {
  /** All that stands behind the fence, such as `ts` or `sh`. */
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language, code]) => ({
    language: language!.trim(),
    code: code!,
  }));
}

/** A page's program, and what the page says that it prints. */
export interface Program {
  readonly code: string;
  /** Null where the page shows no output. */
  readonly output: string | null;
}

/** The program that a page's `ts` blocks make up, or null for a page without any. */
export function programOf(markdown: string): Program | null {
  const blocks = blocksOf(markdown);
  const code = blocks.filter(({ language }) => language === 'ts');
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
export function promisedBy(code: string): string[] {
  const comments = [...code.matchAll(/console\.log\(.*\);? *\/\/ (.*)$/gm)].map(([, comment]) => comment!);
  return comments.flatMap(
    (comment) => comment.match(/(?<![\w.])-?\d+(\.\d+)?(e-?\d+)?(?![\w.])|\b(true|false)\b/g) ?? [],
  );
}
