import { parseArgs } from 'node:util';
import { useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { writePage } from './page/write-page';
import { servePage } from './serve';

const help = `overparam-browser: a trained network as a page

  npx @overparam/browser RUN --out FOLDER     writes a static page from a run, or from a network's folder
  npx @overparam/browser RUN --out FOLDER --serve

  --title TEXT       heading of the page
  --picture FILE     a picture that the page offers; may be given several times
  --serve            serves the page on this machine, until Ctrl-C
  --port NUMBER      where (8080; 0 for any that is free)

Any server of files serves the folder; nothing in it loads from elsewhere.`;

function argumentsOf(given: readonly string[]) {
  return parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      title: { type: 'string' },
      picture: { type: 'string', multiple: true },
      serve: { type: 'boolean' },
      port: { type: 'string', default: '8080' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/**
 * Runs `overparam-browser`.
 *
 * @returns the exit code: 0, or 2 for what was asked wrongly
 */
export async function main(given: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof argumentsOf>;
  try {
    parsed = argumentsOf(given);
  } catch (error) {
    console.error(`${(error as Error).message}\nnpx @overparam/browser --help lists all options.`);
    return 2;
  }
  const { values, positionals } = parsed;
  const port = Number(values.port);
  if (values.help || given.length === 0) {
    console.log(help);
    return values.help ? 0 : 2;
  }
  const [run, ...more] = positionals;
  if (run === undefined || more.length > 0 || values.out === undefined || !(port >= 0 && port < 65536)) {
    console.error(
      'Expected one run and a folder for the page: npx @overparam/browser RUN --out FOLDER, and a --port below 65536.',
    );
    return 2;
  }
  try {
    // Nothing is computed here: the plainest engine does, and it does not print TensorFlow.js's greeting.
    await useEngine('cpu');
    const { title, picture: pictures } = values;
    const { folder, networks, bytes } = await writePage(run, values.out, { title, pictures });
    console.log(`page      ${folder}/index.html`);
    console.log(
      `networks  ${networks.length}, ${bytes.toLocaleString('en')} bytes as ONNX and for TensorFlow.js`,
    );
    if (!values.serve) return 0;
    const { address } = await servePage(folder, port);
    console.log(`open      ${address} (Ctrl-C ends it)`);
    return 0;
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    console.error(error.message);
    return 2;
  }
}
