/**
 * Gradient and loss balancers for multi-task learning.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { alignedMtl } from './aligned-mtl';
import { cagrad } from './cagrad';
import { dbMtl } from './db-mtl';
import { dwa } from './dwa';
import { equal } from './equal';
import { famo } from './famo';
import { gls } from './gls';
import { gradnorm } from './gradnorm';
import { gradvac } from './gradvac';
import { imtlG } from './imtl-g';
import { mgda } from './mgda';
import { nashMtl } from './nash-mtl';
import { pcgrad } from './pcgrad';
import { rlw } from './rlw';
import { fixed } from './static';
import { uncertainty } from './uncertainty';
import { upgrad } from './upgrad';

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

/** All balancers of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/balancers',
  apiVersion: 1,
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
