import { OverparamError } from '@overparam/errors';
import { parseDocument } from 'yaml';

/** Far more than a config has, and far fewer than would take time. */
const mostAliases = 100;
/** Many times what the longest config has. */
const mostCharacters = 2 ** 18;

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
    return document.toJS({ maxAliasCount: mostAliases }) as unknown;
  } catch (error) {
    // Aliases that lead nowhere, or to too much, are found only now.
    throw refusal(code, where, error as Error);
  }
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
