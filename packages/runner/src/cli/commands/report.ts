import { StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { ReportArguments } from '../run-report';

/** `overparam report FOLDER`. */
export function reportCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('report')
    .summary('Draw the page of a run or a comparison again')
    .description('Draw the page of a run, finished or not, or of a comparison, from what its folder holds')
    .argument('<FOLDER>', 'Folder of a run or a comparison')
    .takes(value('--out <file>', 'File to write (report.html in the folder)'), ...commonOptions)
    .examples('overparam report runs/methods', 'overparam report runs/first --out first.html')
    .does<ReportArguments>(async (given) => {
      const { runReport } = await import('../run-report');
      return runReport(given, invocationOf(surroundings, given));
    });
}
