/**
 * Heads and tasks: what a network answers, losses, metrics, pictures and relative improvement.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { headKinds } from './heads/head-kinds';
import { taskKinds } from './task-kinds';

export { angleMetrics } from './angles';
export type { MetricMode } from './batch-mean';
export { type ClassificationOptions, classification } from './classification';
export { type AbsentClass, segmentationMetrics } from './confusion';
export { crossEntropy } from './cross-entropy';
export { type DepthOptions, depth, depthMetrics } from './depth';
export { type DeeplabOptions, deeplabHead } from './heads/deeplab';
export { headKinds } from './heads/head-kinds';
export { pooledHead, pooledHeadNamed } from './heads/pooled';
export { segnetHead } from './heads/segnet';
export { maskedCosine } from './masked-cosine';
export { type ErrorKind, maskedError } from './masked-error';
export { type NormalsOptions, normals } from './normals';
export { type RegressionOptions, regression } from './regression';
export {
  type ComparedFigure,
  deltaHeadline,
  deltaM,
  deltaMetric,
  deltaTask,
  type ImprovementDefinition,
  improvementDefinitions,
} from './relative-improvement';
export { type SegmentationOptions, segmentation } from './segmentation';
export { taskFor } from './task-for';
export { type TaskOptions, taskKinds } from './task-kinds';

/** All heads and kinds of tasks of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/mtl-heads',
  apiVersion: 1,
  tasks: taskKinds,
  heads: headKinds,
});
