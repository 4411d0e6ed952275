import { registerTensorflow } from './register';

export { isOverparamError, OverparamError } from './errors';
export { registerTensorflow, startTensorflow } from './register';

registerTensorflow();
