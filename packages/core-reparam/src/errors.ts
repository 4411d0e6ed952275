export { isOverparamError, OverparamError } from '@overparam/engine';
