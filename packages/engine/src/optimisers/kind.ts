import type { OptionsSchema } from '../options/options-schema';
import type { Rule } from './rule';

/** An optimiser that can be chosen by name. */
export interface OptimiserKind<Name extends string = string, Options = unknown> {
  readonly name: Name;
  /** One line for lists. */
  readonly summary: string;
  /** Checks what a config says beside the name and completes it, for training networks on images. */
  readonly options: OptionsSchema<Options>;
}

/** A kind with what {@link createOptimiser} needs. */
export interface ImplementedKind<Config extends { readonly name: string }>
  extends OptimiserKind<Config['name'], Omit<Config, 'name'>> {
  /**
   * The rule that a config stands for; what it leaves out has PyTorch's defaults.
   *
   * @throws OverparamError `invalid-optimiser` for options that are only wrong together
   */
  rule(config: Config): Rule;
}
