/**
 * Gradient and loss balancers for multi-task learning.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { alignedMtl } from './aligned-mtl';
import { cagrad } from './cagrad';
import { config } from './config';
import { crMogm } from './cr-mogm';
import { dbMtl } from './db-mtl';
import { dualproj } from './dualproj';
import { dwa } from './dwa';
import { equal } from './equal';
import { fairgrad } from './fairgrad';
import { famo } from './famo';
import { gls } from './gls';
import { go4align } from './go4align';
import { graddrop } from './graddrop';
import { gradnorm } from './gradnorm';
import { gradvac } from './gradvac';
import { imtlG } from './imtl-g';
import { imtlL } from './imtl-l';
import { mgda } from './mgda';
import { modo } from './modo';
import { nashMtl } from './nash-mtl';
import { normEqualise } from './norm-equalise';
import { pcgrad } from './pcgrad';
import { rlw } from './rlw';
import { sdmgrad } from './sdmgrad';
import { fixed } from './static';
import { stch } from './stch';
import { uncertainty } from './uncertainty';
import { upgrad } from './upgrad';

export type { CrMogmOptions } from './cr-mogm';
export {
  alignedMtl,
  cagrad,
  config,
  crMogm,
  dbMtl,
  dualproj,
  dwa,
  equal,
  fairgrad,
  famo,
  fixed,
  gls,
  go4align,
  graddrop,
  gradnorm,
  gradvac,
  imtlG,
  imtlL,
  mgda,
  modo,
  nashMtl,
  normEqualise,
  pcgrad,
  rlw,
  sdmgrad,
  stch,
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
    normEqualise,
    fairgrad,
    config,
    dualproj,
    imtlL,
    stch,
    go4align,
    sdmgrad,
    modo,
    graddrop,
    crMogm,
  ],
});
