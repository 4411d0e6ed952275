export { type ClassificationOptions, classification } from './classification';
export { crossEntropy } from './cross-entropy';
export { type TaskOptions, taskFor } from './task-for';
