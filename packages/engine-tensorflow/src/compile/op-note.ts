import type { OpAttribute } from '../binding/enumerations';
import type { Output } from '../binding/functions';

/** An op that was written down. */
export interface OpNote {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Output[];
}
