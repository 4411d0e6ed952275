/** Where a command writes: results to stdout, everything for the eye to stderr. */
export interface Output {
  /** Whether stdout takes one JSON object. */
  readonly json: boolean;
  /** One line on stderr. */
  say(text: string): void;
  /** The command's result: the object with `--json`, else the text. */
  result(value: object, text: string): void;
}

/** An output on this process's streams. */
export function processOutput(json: boolean): Output {
  return {
    json,
    say: (text) => void process.stderr.write(`${text}\n`),
    result: (value, text) => void process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
  };
}
