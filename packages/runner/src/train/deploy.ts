import { collapse, costCard, type VerifyReport } from '@overparam/core-reparam';
import type { LayersModel } from '@tensorflow/tfjs';
import type { TrainedNetwork } from './network';

/** What a run deploys: one network, or one for each task. */
export interface Deployed {
  /** One with all outputs, or one for each task in their order; the caller disposes. */
  readonly networks: readonly { readonly task: string | null; readonly model: LayersModel }[];
  readonly reports: readonly VerifyReport[];
  readonly parameters: number;
  /** Multiply-adds for one image, of all networks. */
  readonly multiplyAdds: number;
}

/**
 * Collapses a trained network: into one where one will do, else into one for each task with a trunk of its own.
 *
 * @throws OverparamError `collapse-mismatch`
 */
export async function deploy({ model, trunks, states }: TrainedNetwork): Promise<Deployed> {
  // Trunks that follow a value of the routine have become one by the end.
  const apart = trunks.length > 0 && states.every(({ follows }) => follows === null);
  const tasks = apart ? trunks : [null];
  const done = tasks.map((task) => ({ task, ...collapse(model, task === null ? {} : { task }) }));
  const costs = [];
  for (const { model: network } of done) costs.push((await costCard(network)).expanded);
  return {
    networks: done.map(({ task, model: network }) => ({ task, model: network })),
    reports: done.map(({ report }) => report),
    parameters: done.reduce((sum, { model: network }) => sum + network.countParams(), 0),
    multiplyAdds: costs.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}
