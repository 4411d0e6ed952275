import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadDefaultPlugins } from '@overparam/config';
import { nearest, OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import { registered } from '@overparam/plugin';
import { firstConfig } from '@overparam/scaffold';
import type { Invocation } from './invocation';

/** Arguments of `overparam init`. */
export interface InitArguments {
  readonly file?: string;
  readonly data?: string;
  readonly backbone?: string;
  readonly methods?: string;
  readonly epochs?: string;
}

/** What is asked, in this order, and what an empty answer means. */
const questions = {
  data: [
    'Data (cifar100-sample, cifar100, nyuv2-sample, or a folder of pictures by class)',
    'cifar100-sample',
  ],
  backbone: ['Network (empty for the usual one)', ''],
  methods: ['Methods to compare, with commas between', 'plain,repvgg,trirep'],
  epochs: ['Epochs', '10'],
} as const;

type Answers = Record<keyof typeof questions, string>;

/** Asks what was not given, where somebody is there to be asked. */
async function answersOf(given: InitArguments, signal: AbortSignal): Promise<Answers> {
  const isAnyone = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const asking = isAnyone ? createInterface({ input: process.stdin, output: process.stderr, signal }) : null;
  // One reader for all questions: lines that are typed ahead of a question are its answer.
  const lines = asking?.[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    if (!asking || !lines) return '';
    asking.setPrompt(question);
    asking.prompt();
    const line = await lines.next();
    if (line.done) throw new OverparamError('interrupted', 'Stopped; nothing was written.');
    return line.value;
  };
  try {
    const answers: Partial<Answers> = {};
    for (const [key, [question, usual]] of Object.entries(questions)) {
      const name = key as keyof Answers;
      const shown = usual === '' ? '' : ` [${usual}]`;
      answers[name] = (given[name] ?? (await ask(`${question}${shown}: `))).trim() || usual;
    }
    return answers as Answers;
  } finally {
    asking?.close();
  }
}

function requirePart(kind: 'method' | 'backbone', name: string): void {
  const names = registered(kind).map((part) => part.name);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new OverparamError(
    `unknown-${kind}`,
    `There is no ${kind} "${name}". ${near ? `Did you mean "${near}"?` : `"overparam list ${kind}s" shows them.`}`,
  );
}

/** Runs `overparam init`. */
export async function runInit(given: InitArguments, { output, signal }: Invocation): Promise<void> {
  const { file = 'config.yaml' } = given;
  if (existsSync(file)) {
    throw new OverparamError('output-exists', `"${file}" is there already. Name another file.`);
  }
  await loadDefaultPlugins();
  const { data, backbone, methods, epochs } = await answersOf(given, signal);
  const names = methods.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) requirePart('method', name);
  if (backbone !== '') requirePart('backbone', backbone);
  const choices = { data, methods: names, epochs: Number(epochs), ...(backbone !== '' && { backbone }) };
  await writeFileAtomic(file, firstConfig(choices));
  output.result(
    { file, ...choices },
    `Wrote ${file}. What it will do, and then do it:\n  overparam compare ${file} --dry-run\n  overparam compare ${file}`,
  );
}
