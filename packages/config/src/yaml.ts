import { OverparamError } from '@overparam/errors';
import { parseDocument } from 'yaml';

/** Far more than a config has, and far fewer than would take time. */
const mostAliases = 100;
/** Many times what the longest config has. */
const mostCharacters = 2 ** 18;
/** Lists or mappings that begin one inside the other, without anything between: far more than a config has. */
const tooDeep = /(?:[[{]\s*){64}|(?:[-?]\s+){64}/;

/**
 * Parses YAML text.
 *
 * @param where  what is read, for the message: a file's name, or `--set select=*`
 * @param code   of the error
 * @throws OverparamError with the line and column, and the way out where an asterisk was meant
 */
export function parseYaml(text: string, where: string, code = 'invalid-config'): unknown {
  if (text.length > mostCharacters) {
    throw new OverparamError(
      code,
      `${where}: has ${text.length} characters; a config has ${mostCharacters} at most. Give another file.`,
    );
  }
  if (tooDeep.test(text)) throw refusal(code, where, new Error('Lists or mappings are nested too deep'));
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { prettyErrors: true });
  } catch (error) {
    // What is nested too deep for the parser ends in no error of its own.
    throw refusal(code, where, error as Error);
  }
  const [problem] = document.errors;
  if (problem) throw refusal(code, where, problem);
  try {
    const value = document.toJS({ maxAliasCount: mostAliases }) as unknown;
    refuseCycles(value);
    return value;
  } catch (error) {
    // Aliases that lead nowhere, or to too much, are found only now.
    throw refusal(code, where, error as Error);
  }
}

/** An alias may stand inside what it stands for, which no config can mean. */
function refuseCycles(value: unknown): void {
  const open = new Set<unknown>();
  const done = new Set<unknown>();
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null || done.has(each)) return;
    if (open.has(each)) throw new Error('An alias stands inside what it stands for');
    open.add(each);
    for (const part of Object.values(each)) visit(part);
    open.delete(each);
    done.add(each);
  };
  visit(value);
}

function refusal(code: string, where: string, cause: Error): OverparamError {
  const reason = cause.message.split('\n')[0]!.replace(/[.:]$/, '');
  return new OverparamError(code, `${where}: not valid YAML. ${reason}.${asteriskHint(reason)}`, { cause });
}

/** YAML takes a word that begins with an asterisk for an alias of something before. */
function asteriskHint(reason: string): string {
  const unresolved = /^Unresolved alias.*: (\S+)$/.exec(reason)?.[1];
  if (unresolved === undefined && !/^Alias cannot be an empty string/.test(reason)) return '';
  return ` Quote what begins with an asterisk: '*${unresolved ?? ''}'.`;
}
