/**
 * Tasks, losses, metrics, relative improvement and gradient balancers for multi-task learning.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/core-reparam';
import { alignedMtl } from './balancers/aligned-mtl';
import { cagrad } from './balancers/cagrad';
import { dbMtl } from './balancers/db-mtl';
import { dwa } from './balancers/dwa';
import { equal } from './balancers/equal';
import { famo } from './balancers/famo';
import { gls } from './balancers/gls';
import { gradnorm } from './balancers/gradnorm';
import { gradvac } from './balancers/gradvac';
import { imtlG } from './balancers/imtl-g';
import { mgda } from './balancers/mgda';
import { nashMtl } from './balancers/nash-mtl';
import { pcgrad } from './balancers/pcgrad';
import { rlw } from './balancers/rlw';
import { fixed } from './balancers/static';
import { uncertainty } from './balancers/uncertainty';
import { upgrad } from './balancers/upgrad';
import { taskKinds } from './task-kinds';

export { angleMetrics } from './angles';
export { checkBalancer } from './balancers/check';
export type { MetricMode } from './batch-mean';
export { type ClassificationOptions, classification } from './classification';
export { type AbsentClass, segmentationMetrics } from './confusion';
export { crossEntropy } from './cross-entropy';
export { type DepthOptions, depth, depthMetrics } from './depth';
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
export {
  alignedMtl,
  cagrad,
  dbMtl,
  dwa,
  equal,
  famo,
  fixed,
  gls,
  gradnorm,
  gradvac,
  imtlG,
  mgda,
  nashMtl,
  pcgrad,
  rlw,
  uncertainty,
  upgrad,
};

/** All balancers and kinds of tasks of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/mtl-heads',
  apiVersion: 1,
  tasks: taskKinds,
  balancers: [
    equal,
    fixed,
    uncertainty,
    dwa,
    rlw,
    gls,
    gradnorm,
    pcgrad,
    gradvac,
    cagrad,
    mgda,
    imtlG,
    nashMtl,
    alignedMtl,
    famo,
    dbMtl,
    upgrad,
  ],
});
