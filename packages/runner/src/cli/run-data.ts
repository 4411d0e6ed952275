import { loadDefaultPlugins, loadPlugins, parseOverride } from '@overparam/config';
import { nearest, OverparamError } from '@overparam/errors';
import { type Dataset, type DatasetContext, lookup, parseOptions, registered } from '@overparam/plugin';
import { columns, showWork } from '@overparam/terminal';
import { reportFailure } from './failure';
import { dataDirectory, type Invocation } from './invocation';

/** Arguments of `overparam data`. */
export interface DataArguments {
  readonly action: string;
  readonly name?: string;
  readonly 'data-dir'?: string;
}

const actions = ['get', 'verify', 'list'] as const;

function listDatasets({ output }: Invocation): void {
  const entries = (registered('dataset') as readonly Dataset[]).map(({ name, summary, get }) => ({
    name,
    summary,
    downloads: get !== undefined,
  }));
  output.result(
    { datasets: entries },
    columns(entries.map((entry) => [entry.name, entry.downloads ? 'data get' : 'shipped', entry.summary])),
  );
}

/**
 * Runs `overparam data`; a dataset that is not whole is a failure, and all checks of it are printed all the same.
 *
 * @returns the exit code
 */
export async function runData(args: DataArguments, invocation: Invocation): Promise<number> {
  const { output, signal, sets, plugins } = invocation;
  if (!actions.includes(args.action as (typeof actions)[number])) {
    const near = nearest(args.action, actions);
    throw new OverparamError(
      'unknown-action',
      `data: unknown action "${args.action}". ${near ? `Did you mean "${near}"?` : `Expected ${actions.join(', ')}.`}`,
    );
  }
  await loadDefaultPlugins();
  await loadPlugins(plugins, process.cwd());
  if (args.action === 'list') {
    listDatasets(invocation);
    return 0;
  }
  if (args.name === undefined) {
    throw new OverparamError(
      'usage',
      `data ${args.action}: give the name of a dataset; "overparam data list" shows them.`,
    );
  }
  const dataset: Dataset = lookup('dataset', args.name);
  const given = Object.fromEntries(sets.map(parseOverride).map(({ path, value }) => [path.join('.'), value]));
  const options = parseOptions(dataset.options, given, `dataset "${dataset.name}"`);
  const dataDir = dataDirectory(args['data-dir']);
  const context: DatasetContext = {
    dataDir,
    signal,
    progress: showWork(process.stderr),
  };
  if (args.action === 'get') {
    if (!dataset.get) {
      throw new OverparamError(
        'nothing-to-get',
        `Dataset "${dataset.name}" comes with the package; there is nothing to download.`,
      );
    }
    await dataset.get(options, context).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new OverparamError(
        'interrupted',
        'Stopped. The same command goes on with the download where it stopped.',
      );
    });
  }
  const checks = await dataset.verify(options, context);
  const text = columns(checks.map(({ what, ok, detail }) => [ok ? 'ok' : 'WRONG', what, detail]));
  const wrong = checks.find(({ ok }) => !ok);
  const result = { dataset: dataset.name, ok: wrong === undefined, checks };
  if (!wrong) {
    output.result(result, text);
    return 0;
  }
  output.say(text);
  const error = new OverparamError(
    'dataset-invalid',
    `Dataset "${dataset.name}": ${wrong.what}: ${wrong.detail}`,
  );
  return reportFailure(error, output, result);
}
