import { StrictCommand } from '@overparam/terminal/command-line';
import type { Surroundings } from '../invocation';
import { packageVersion } from '../version';
import { collapseCommand } from './collapse';
import { compareCommand } from './compare';
import { completionCommand } from './completion';
import { dataCommand } from './data';
import { doctorCommand } from './doctor';
import { engineCommand } from './engine';
import { evaluateCommand } from './evaluate';
import { exportCommand } from './export';
import { importCommand } from './import';
import { initCommand } from './init';
import { inspectCommand } from './inspect';
import { listCommand } from './list';
import { newCommand } from './new';
import { quantiseCommand } from './quantise';
import { reportCommand } from './report';
import { trainCommand } from './train';
import { verifyCommand } from './verify';
import { watchCommand } from './watch';

const commands = [
  initCommand,
  trainCommand,
  compareCommand,
  reportCommand,
  watchCommand,
  collapseCommand,
  verifyCommand,
  evaluateCommand,
  exportCommand,
  quantiseCommand,
  inspectCommand,
  importCommand,
  listCommand,
  newCommand,
  doctorCommand,
  engineCommand,
  dataCommand,
  completionCommand,
];

/**
 * The command line `overparam`. A command's own file holds its arguments only; what it does is imported when it runs, so
 * that help does not wait for TensorFlow.js.
 */
export function overparamCommand(surroundings: Surroundings): StrictCommand {
  const program = new StrictCommand('overparam')
    .description('Train overparameterised networks, collapse them exactly, and compare what it gained')
    .version(packageVersion(), '-v, --version', 'Print the version')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText('after', '\n"overparam COMMAND --help" has the options of a command.');
  for (const command of commands) program.addCommand(command(surroundings));
  return program;
}
