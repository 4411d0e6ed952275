export { alignColumns } from '@overparam/terminal';
