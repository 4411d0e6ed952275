import { type Trained, variablesOf } from '../../src/index';

/** The bytes of all tensors that a run needs to go on, by name. */
export function valuesOf(trained: Trained): Map<string, string> {
  return new Map(
    [...variablesOf(trained)].map(([name, variable]) => [
      name,
      Buffer.from(variable.dataSync().slice().buffer).toString('base64'),
    ]),
  );
}
