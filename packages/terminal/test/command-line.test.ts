import { execFileSync, spawnSync } from 'node:child_process';
import { isOverparamError } from '@overparam/errors';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import {
  choice,
  completionScript,
  flag,
  runCommandLine,
  StrictCommand,
  value,
  values,
} from '../src/command-line';

let stdout: MockInstance<typeof process.stdout.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

const printed = () => stdout.mock.calls.map(([text]) => String(text)).join('');

/** A program with one command, which answers 3 and keeps what it was given. */
function program() {
  const given: object[] = [];
  const bake = new StrictCommand('bake')
    .description('Bake something')
    .argument('<WHAT>', 'What to bake')
    .argument('[TIN]', 'The tin')
    .takes(
      value('--oven-heat <degrees>', 'How hot'),
      values('--topping <name>', 'May be given many times'),
      choice('--crust <kind>', ['thin', 'thick'], 'The crust'),
      flag('--json', 'Print one JSON object'),
    )
    .summary('Bake')
    .examples('kitchen bake pizza --crust thin')
    .hints((name, amount = '') => (name === '--flour' ? `--with flour=${amount}` : null))
    .does<object>(async (arguments_) => {
      given.push(arguments_);
      return 3;
    });
  const all = new StrictCommand('kitchen').version('1.2.3', '-v, --version', 'Print the version');
  all.addCommand(bake);
  all.addCommand(new StrictCommand('wash').description('Wash up').does(async () => undefined));
  return { all, given, run: (...words: string[]) => runCommandLine(all, words) };
}

test('words and options reach the command, and its answer is the exit code', async () => {
  const { given, run } = program();
  const line = 'bake --topping=olives pizza --oven-heat 250 --topping basil --crust thick --json';
  expect(await run(...line.split(' '))).toBe(3);
  expect(await run('bake', '--', '--pizza', 'round')).toBe(3);
  expect(await run('bake', 'pizza', '--oven-heat', '-4')).toBe(3);
  expect(given).toEqual([
    { what: 'pizza', 'oven-heat': '250', topping: ['olives', 'basil'], crust: 'thick', json: true },
    { what: '--pizza', tin: 'round', crust: 'thin' },
    { what: 'pizza', 'oven-heat': '-4', crust: 'thin' },
  ]);
  expect(await run('wash')).toBe(0);
});

test.each<[string, string, string]>([
  ['biscuit', 'unknown-command', 'Unknown command "biscuit". Commands: bake, wash.'],
  ['bak pizza', 'unknown-command', 'Unknown command "bak". Did you mean "bake"?'],
  ['--loud bake', 'unknown-option', 'kitchen: Unknown option "--loud". It takes --version.'],
  [
    'bake x --toping a',
    'unknown-option',
    'kitchen bake: Unknown option "--toping". Did you mean "--topping"?',
  ],
  [
    'bake x --heat=3',
    'unknown-option',
    'kitchen bake: Unknown option "--heat". It takes --oven-heat, --topping, --crust, --json.',
  ],
  ['bake x --oven-heat', 'invalid-option', 'kitchen bake: Option "--oven-heat" expects a value.'],
  ['bake x --oven-heat=', 'invalid-option', 'kitchen bake: Option "--oven-heat" expects a value.'],
  ['bake x --topping --json', 'invalid-option', 'kitchen bake: Option "--topping" expects a value.'],
  [
    'bake x --json=yes=no',
    'invalid-option',
    'kitchen bake: Option "--json" takes no value, and got "yes=no".',
  ],
  [
    "bake x --crust it's",
    'invalid-option',
    'kitchen bake: Option "--crust" expects thin or thick, and got "it\'s".',
  ],
  [
    'bake x y --json z',
    'unexpected-argument',
    'kitchen bake: Option "--json" takes no value, and got "z" (Print one JSON object).',
  ],
  [
    'bake x --flour 3',
    'unknown-option',
    'kitchen bake: Unknown option "--flour". Did you mean --with flour=3?',
  ],
  [
    'bake x --flour=4',
    'unknown-option',
    'kitchen bake: Unknown option "--flour". Did you mean --with flour=4?',
  ],
  ['bake x --flour', 'unknown-option', 'kitchen bake: Unknown option "--flour". Did you mean --with flour=?'],
  ['bake', 'usage', 'kitchen bake: Missing argument WHAT: What to bake.'],
  ['bake x y z', 'unexpected-argument', 'kitchen bake: Unexpected argument "z"; options begin with "--".'],
])('"%s" is %s', async (line, code, message) => {
  const { given, run } = program();
  const error = await run(...line.split(' ')).then(() => null, (reason: unknown) => reason); // biome-ignore format: one expression
  if (!isOverparamError(error)) throw new Error(`expected an OverparamError, got ${String(error)}`);
  expect({ code: error.code, message: error.message }).toEqual({ code, message });
  expect(given).toEqual([]);
  expect(printed()).toBe('');
});

test('help is shown where it is asked for and where nothing is', async () => {
  const { run } = program();
  expect(await run()).toBe(0);
  expect(printed()).toMatch(/bake <WHAT> \[TIN\] +Bake$/m);
  stdout.mockClear();
  expect(await run('bake', '--help')).toBe(0);
  expect(printed()).toMatch(/Usage: kitchen bake \[options\] <WHAT> \[TIN\]/);
  expect(printed()).toMatch(/--crust <kind> +The crust: thin or thick \(default: "thin"\)/);
  stdout.mockClear();
  expect(await run('--version')).toBe(0);
  expect(printed()).toBe('1.2.3\n');
});

test('help names commands with their words, by their summaries, and ends with examples', async () => {
  const { run } = program();
  await run('--help');
  expect(printed()).toMatch(/^ {2}bake <WHAT> \[TIN\] {2,}Bake$/m);
  expect(printed()).toMatch(/^ {2}wash {2,}Wash up$/m);
  stdout.mockClear();
  await run('bake', '--help');
  expect(printed()).toMatch(/Bake something[\s\S]*\nExample:\n {2}kitchen bake pizza --crust thin\n$/);
});

/** What a shell offers after some words, the last of which is being typed. */
function offered(script: string, words: readonly string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const asked = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _kitchen; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${script}\n${asked}`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

test.skipIf(spawnSync('bash', ['--version']).status !== 0)(
  'bash completes commands, options and their words',
  () => {
    const script = completionScript(program().all, 'bash');
    expect(offered(script, ['kitchen', ''])).toEqual(['bake', 'wash', '--version', '--help']);
    expect(offered(script, ['kitchen', 'ba'])).toEqual(['bake']);
    expect(offered(script, ['kitchen', 'bake', '--o'])).toEqual(['--oven-heat']);
    expect(offered(script, ['kitchen', 'bake', 'pizza', '--crust', 'th'])).toEqual(['thin', 'thick']);
    expect(offered(script, ['kitchen', 'wash', '--c'])).toEqual([]);
  },
);

test('zsh and fish get the same words, and no other shell is known', () => {
  const { all } = program();
  expect(completionScript(all, 'zsh')).toContain(
    'bake) compadd -- --oven-heat --topping --crust --json thin thick --help ;;',
  );
  expect(completionScript(all, 'fish')).toContain(
    "complete -c kitchen -n '__fish_seen_subcommand_from wash' -a '--help'",
  );
  expect(() => completionScript(all, 'tcsh')).toThrow(
    'There are no completions for "tcsh". Expected bash, zsh, fish.',
  );
});
