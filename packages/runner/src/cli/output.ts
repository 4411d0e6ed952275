import { visible } from '@overparam/terminal';

/** Where a command writes: results to stdout, everything for the eye to stderr. */
export interface Output {
  /** Whether stdout takes one JSON object. */
  readonly json: boolean;
  /** One line on stderr. */
  say(text: string): void;
  /** The command's result: the object with `--json`, else the text. */
  result(value: object, text: string): void;
}

/**
 * JSON whose text a terminal does not obey: `JSON.stringify` escapes some control characters only. It parses to the same.
 */
function jsonText(value: object): string {
  return visible(JSON.stringify(value));
}

/** An output on this process's streams. */
export function processOutput(json: boolean): Output {
  return {
    json,
    say: (text) => void process.stderr.write(`${visible(text)}\n`),
    result: (value, text) => void process.stdout.write(`${json ? jsonText(value) : visible(text)}\n`),
  };
}
