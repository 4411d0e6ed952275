import type { Task } from '@overparam/plugin';
import { figureText, figureTitle } from '@overparam/report';
import type { Scores } from '@overparam/training';
import type { Agreement } from './agreement';
import type { Int8Report } from './report';
import type { Spread } from './spread';

/** Layers that are shown of all. */
const shownLayers = 5;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function agreementText({ noise, sameClass }: Agreement): string {
  return `${percent(noise)} noise${sameClass === null ? '' : `, ${percent(sameClass)} the same class`}`;
}

/** The spread of kernels as a table's heading and rows, the layers that rounding does most to first. */
export function spreadTable(spread: readonly Spread[]): { heading: string[]; rows: string[][] } {
  const sorted = [...spread].sort((a, b) => b.noise - a.noise).slice(0, shownLayers);
  return {
    heading: [
      'kernels that suffer most',
      'widest / narrowest channel',
      'largest / median',
      'noise of rounding',
    ],
    rows: sorted.map(({ layer, weight, channelRatio, largestOverMedian, noise }) => [
      weight === 'kernel' ? layer : `${layer} ${weight}`,
      channelRatio.toFixed(1),
      largestOverMedian.toFixed(1),
      percent(noise),
    ]),
  };
}

/** A report as tables of words and figures: before and after, how near they are, what suffers, and what was written. */
export function reportTables(report: Int8Report, tasks: readonly Task[]): string[][][] {
  const { before, after, agreement, check, polish, calibration } = report;
  const several = tasks.length > 1;
  const figures = (scores: Scores, task: Task, name: string) =>
    figureText(
      task.metrics.find((metric) => metric.name === name)!,
      scores.byTask[task.name]!.figures[name] ?? null,
    );
  const compared = tasks.flatMap((task) =>
    task.metrics.map((metric) => [
      several ? `${task.name} ${figureTitle(metric)}` : figureTitle(metric),
      figures(before, task, metric.name),
      ...(polish ? [figures(polish.before, task, metric.name)] : []),
      figures(after, task, metric.name),
    ]),
  );
  const heading = polish ? ['', 'float32', 'int8', 'polished int8'] : ['', 'float32', 'int8'];
  const byTask = (what: string, values: Readonly<Record<string, Agreement>>) =>
    Object.entries(values).map(([task, value]) => [
      several ? `${task}: ${what}` : what,
      agreementText(value),
    ]);
  const worst = (layer: Int8Report['damage'][number]) =>
    Object.values(layer.byTask).reduce((a, b) => (b.noise > a.noise ? b : a));
  const first = polish?.damage ?? report.damage;
  const polished = new Map(report.damage.map((layer) => [layer.layer, agreementText(worst(layer))]));
  const suffering = [...first].sort((a, b) => worst(b).noise - worst(a).noise).slice(0, shownLayers);
  return [
    [...(report.task === null ? [] : [[`network of ${report.task}`]]), heading, ...compared],
    [
      ...byTask('int8 against float32', agreement),
      ...byTask(`in ${check.by}, without its changes of the graph`, check.unoptimised),
      ...byTask('simulated in TensorFlow.js', check.simulation),
    ],
    suffering.map((layer) => [
      `${layer.layer} alone in int8`,
      agreementText(worst(layer)),
      ...(polish ? [`polished: ${polished.get(layer.layer)}`] : []),
    ]),
    [
      ['calibrated on', `${calibration.examples} training images, range by ${calibration.rule}`],
      ...(calibration.dead.length > 0 ? [['nothing but zero seen at', calibration.dead.join(', ')]] : []),
      [
        'weights in int8',
        `${report.weights.int8.toLocaleString('en')} of ${report.weights.all.toLocaleString('en')}`,
      ],
      ['written', `${report.file} (${report.bytes.toLocaleString('en')} bytes)`],
      ...(polish ? [['polished network', polish.folder]] : []),
    ],
  ];
}
