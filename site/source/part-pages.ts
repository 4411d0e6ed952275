import { describeOptions, type PluginPart } from '@overparam/plugin';
import { balancerPages } from '../equations/balancers';
import { methodEquations } from '../equations/methods';
import { routinePages } from '../equations/routines';

/** Text that stands in a cell of a table, or between tags. */
export function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('{{', '&#123;{');
}

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``;
}

/** A table of a part's options, from its own schema. */
function optionsOf({ options }: PluginPart<'balancer' | 'routine' | 'method'>): string {
  const described = describeOptions(options);
  if (described.length === 0) return 'None.';
  return [
    '| option | default | meaning |',
    '| --- | --- | --- |',
    ...described.map(
      (option) => `| \`${option.name}\` | ${shown(option.default)} | ${cell(option.description ?? '')} |`,
    ),
  ].join('\n');
}

const block = (equation: string) => `$$\n${equation}\n$$`;

function required<Value>(table: Readonly<Record<string, Value>>, name: string, what: string): Value {
  const found = table[name];
  if (found !== undefined) return found;
  throw new Error(`There is no equation of the ${what} "${name}": add it to site/equations.`);
}

/** A method's page: its README, with what it computes at its head. */
export function methodPage(part: PluginPart<'method'>, readme: string | null): string {
  const equation = block(required(methodEquations, part.name, 'method'));
  if (readme === null)
    return [
      `# ${part.name}`,
      part.summary,
      '## What it computes',
      equation,
      '## Options',
      optionsOf(part),
    ].join('\n\n');
  const [, ...rest] = readme.split('\n');
  const body = rest
    .join('\n')
    .replace(/^## Limits$/m, '## When it hurts, and limits')
    .replace(/^## What is known, and what is not$/m, '## When it hurts: what is known, and what is not');
  return [
    `# ${part.name}`,
    `*${part.summary}*`,
    block(required(methodEquations, part.name, 'method')),
    body,
  ].join('\n\n');
}

/** A routine's page. */
export function routinePage(part: PluginPart<'routine'>, docstring: string | null): string {
  const { equation, hurts } = required(routinePages, part.name, 'routine');
  return [
    `# ${part.name}`,
    part.summary,
    '## What moves when',
    block(equation),
    ...(docstring === null ? [] : [docstring]),
    '## When it hurts',
    hurts,
    '## Options',
    optionsOf(part),
    `In a config: \`routine: ${part.name}\`. All routines, and what groups are: [routines](/packages/routines).`,
  ].join('\n\n');
}

/** A balancer's page. */
export function balancerPage(part: PluginPart<'balancer'>, docstring: string | null): string {
  const { equation, hurts } = required(balancerPages, part.name, 'balancer');
  return [
    `# ${part.name}`,
    part.summary,
    '## The rule',
    block(equation),
    ...(docstring === null ? [] : [docstring]),
    '## When it hurts',
    hurts,
    '## Options',
    optionsOf(part),
    `In a config: \`balancer: ${part.name}\`. What balancers need, which options they share, and how weights are bounded: [balancers](/packages/balancers).`,
  ].join('\n\n');
}
