import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadDefaultPlugins } from '@overparam/config';
import { useEngine } from '@overparam/engine';
import { type Method, registered } from '@overparam/plugin';
import { allowedGap, networks, stepsOf, wideNetworks } from '../../packages/formats/test/zoo';
import { stopTorch } from '../formats/torch';
import { checkDeployed, type Deployed, type Gap } from './check';
import { stopPythonTensorflow } from './python-tensorflow';
import { stopStockTfjs } from './stock-tfjs';

const usage = `Usage: deployed [--network NAME;...] [--method NAME,...] [--wide] [--progress FILE]

Trains every network with every method for two steps (MTAN: 40), collapses it, writes it in every format, and prints how
far the trained network and what others compute are from it: ONNX Runtime with its changes of the graph and without, PyTorch
(OVERPARAM_PYTHON), TensorFlow by its C API and, where OVERPARAM_TENSORFLOW_PYTHON names a Python with it, by
tf.saved_model.load, and stock TensorFlow.js. --wide takes networks of their papers' widths. With --progress, a series that
was interrupted goes on where it stopped.`;

/** The gaps of a network that was trained with a method. */
export interface Row extends Deployed {
  readonly network: string;
  readonly method: string;
}

/** The gap that counts. */
export function gapOf({ chooses }: Pick<Row, 'chooses'>, { gap, gapOfMost }: Gap): number {
  return chooses ? gapOfMost : gap;
}

/** Whether others compute what the network does, and that depends on the image. */
export function isRight(row: Deployed): boolean {
  const allowed = allowedGap(row.own);
  return row.varies >= leastVaried && row.gaps.every((gap) => gapOf(row, gap) <= allowed);
}

/** Answers nearer to each other than this would hide what is wrong before the last layers. */
const leastVaried = 2e-3;

/** The methods that there are. */
export async function allMethods(): Promise<readonly Method[]> {
  await loadDefaultPlugins();
  return registered('method') as readonly Method[];
}

/** Lets all programs go that networks were run in. */
export function stopPrograms(): void {
  stopPythonTensorflow();
  stopStockTfjs();
  stopTorch();
}

/** Runs the command. @returns the exit code */
export async function deployed(given: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      network: { type: 'string' },
      method: { type: 'string' },
      wide: { type: 'boolean', default: false },
      progress: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  await useEngine('auto');
  const methods = (await allMethods()).filter(({ name }) => values.method?.split(',').includes(name) ?? true);
  const all = values.wide ? wideNetworks : networks;
  const names = Object.keys(all).filter((name) => values.network?.split(';').includes(name) ?? true);
  const rows: Row[] = values.progress && existsSync(values.progress) ? before(values.progress) : [];
  for (const network of names) {
    for (const method of methods) {
      if (rows.some((row) => row.network === network && row.method === method.name)) continue;
      const row = {
        network,
        method: method.name,
        ...(await checkDeployed(all[network]!, method, stepsOf[network])),
      };
      rows.push(row);
      if (values.progress) appendFileSync(values.progress, `${JSON.stringify(row)}\n`);
      const words = row.gaps.map((gap) => `${gap.program} ${gapOf(row, gap).toExponential(1)}`);
      console.log(
        `${network}, ${method.name}: ${words.join('; ')}; images apart ${row.varies.toPrecision(2)}, last bits ${row.own.toExponential(1)}`,
      );
    }
  }
  stopPrograms();
  console.log(table(rows));
  return rows.every(isRight) ? 0 : 1;
}

const before = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** The largest gap of all methods, by network and program. */
function table(rows: readonly Row[]): string {
  const programs = [...new Set(rows.flatMap(({ gaps }) => gaps.map(({ program }) => program)))];
  const lines = [...new Set(rows.map(({ network }) => network))].map((network) => {
    const own = rows.filter((row) => row.network === network);
    const cells = programs.map((program) =>
      Math.max(
        ...own.flatMap((row) =>
          row.gaps.filter((gap) => gap.program === program).map((gap) => gapOf(row, gap)),
        ),
      ),
    );
    return [`${network} (${own.length} methods)`, ...cells.map((gap) => gap.toExponential(1))];
  });
  return [['network', ...programs], ['---', ...programs.map(() => '---')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
