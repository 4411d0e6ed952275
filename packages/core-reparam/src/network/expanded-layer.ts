import { OverparamError } from '@overparam/errors';
import type { Expansion, Site, Tensors } from '@overparam/plugin';
import { importedPart, parseOptions, registered } from '@overparam/plugin';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { outputSize } from '../algebra/geometry';
import { contextOf } from './context';

type LayerVariable = tf.layers.Layer['trainableWeights'][number];
type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/** What the network had where an expanded layer stands: enough to put it back. */
export interface Host {
  /** The layer's own config. */
  readonly layer: tf.serialization.ConfigDict;
  /** The zero padding layer that was absorbed. */
  readonly padding: tf.serialization.ConfigDict | null;
  /** The norm that the expansion took over. */
  readonly norm: tf.serialization.ConfigDict | null;
}

/** Settings of an {@link ExpandedLayer}; all of it is plain data. */
export interface ExpandedLayerSettings {
  readonly site: Site;
  readonly method: string;
  /** The plugin that defined the method, which is its package's name; absent where none has. */
  readonly plugin?: string;
  readonly options: unknown;
  readonly host: Host;
  /** Coefficient of the expansion's penalty under tfjs's own `model.fit`; 0 for none. */
  readonly fitDecay: number;
}

/**
 * Settings as they are saved. tfjs rewrites keys and string values between snake and camel case when it saves
 * and loads, layer names and options included; only a value under the key `name` is left alone.
 */
interface StoredSettings {
  readonly settings: { readonly name: string };
}

function restore({ settings }: StoredSettings): ExpandedLayerSettings {
  return JSON.parse(settings.name) as ExpandedLayerSettings;
}

/**
 * A layer in its expanded form: a method's {@link Expansion} as a tfjs layer.
 *
 * Weights are named `<layer>/<parameter>`. Input `[n, h, w, cin]`, output `[n, h', w', cout]`; for dense
 * sites `[n, …, cin]` and `[n, …, cout]`.
 */
export class ExpandedLayer extends tf.layers.Layer {
  static readonly className = 'OverparamExpanded';
  readonly settings: ExpandedLayerSettings;
  readonly expansion: Expansion;
  private readonly parameters = new Map<string, LayerVariable>();
  private readonly states = new Map<string, LayerVariable>();
  private readonly activation: tf.layers.Layer | null;

  /**
   * @param config     the layer's name and settings
   * @param expansion  of the same site, method and options; made from the registered method where absent
   */
  constructor(config: LayerArguments & (ExpandedLayerSettings | StoredSettings), expansion?: Expansion) {
    super(config);
    const given = 'settings' in config ? restore(config) : config;
    const { site, method, plugin, options, host, fitDecay } = given;
    this.settings = { site, method, ...(plugin && { plugin }), options, host, fitDecay };
    this.expansion = expansion ?? expansionByName(this.settings);
    // As tfjs's own layers: a dense layer hands a mask on, a convolution does not.
    this.supportsMasking = site.kind === 'dense';
    this.activation =
      site.activation === 'linear'
        ? null
        : tf.layers.activation({ activation: site.activation as 'relu', name: `${this.name}_activation` });
  }

  override build(): void {
    const zeros = tf.initializers.zeros();
    for (const { name, shape } of this.expansion.parameters) {
      this.parameters.set(name, this.addWeight(name, [...shape], 'float32', zeros));
    }
    for (const { name, shape } of this.expansion.state) {
      this.states.set(name, this.addWeight(name, [...shape], 'float32', zeros, undefined, false));
    }
    if (this.settings.fitDecay > 0 && this.expansion.decay) {
      this.addLoss(() =>
        tf.tidy(() =>
          this.penalty()!
            .mul(this.settings.fitDecay / this.uses())
            .asScalar(),
        ),
      );
    }
    if (this.expansion.regulariser) {
      this.addLoss(() => tf.tidy(() => this.regulariser()!.div(this.uses()).asScalar()));
    }
    this.built = true;
  }

  /** tfjs adds a layer's losses once for each of its uses; the penalty counts once. */
  private uses(): number {
    return Math.max(1, this.inboundNodes.length);
  }

  /**
   * The expansion's penalty in place of weight decay, without coefficient, or null; the caller disposes.
   *
   * @param composed  the kernel that a pass has composed, if any; borrowed
   */
  penalty(composed?: Tensor4D): tf.Scalar | null {
    return this.expansion.decay?.(this.parameterValues(), this.stateValues(), composed).penalty ?? null;
  }

  /** The method's own penalty, or null; the caller disposes. */
  regulariser(): tf.Scalar | null {
    return this.expansion.regulariser?.(this.parameterValues(), this.stateValues()) ?? null;
  }

  /** Current parameters by name; they belong to the layer. */
  parameterValues(): Tensors {
    return Object.fromEntries([...this.parameters].map(([name, weight]) => [name, weight.read()]));
  }

  /** Current states by name; they belong to the layer. */
  stateValues(): Tensors {
    return Object.fromEntries([...this.states].map(([name, weight]) => [name, weight.read()]));
  }

  /** Sets parameters and states by name. */
  assign(values: Tensors): void {
    for (const [name, value] of Object.entries(values)) {
      (this.parameters.get(name) ?? this.states.get(name))?.write(value);
    }
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tf.Shape;
    const { site } = this.settings;
    const cout = site.kernelShape[3];
    if (site.kind === 'dense') return [...shape.slice(0, -1), cout];
    if (site.kind === 'conv1d') return [shape[0]!, outputSize(site, 1, shape[1]!), cout];
    return [shape[0]!, outputSize(site, 0, shape[1]!), outputSize(site, 1, shape[2]!), cout];
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const { site } = this.settings;
      const image = imageOf(x, site);
      const observed = kwargs.observed as Map<ExpandedLayer, Tensor4D[]> | null | undefined;
      if (observed && this.expansion.observation)
        observed.set(this, [...(observed.get(this) ?? []), tf.keep(tf.clone(image))]);
      const given = contextOf(kwargs);
      const context =
        kwargs?.expansions === 'train'
          ? { ...given, mode: 'train' as const, updateStatistics: false }
          : given;
      const parameters = this.parameterValues();
      const { y, state, composed } = this.expansion.forward(image, parameters, this.stateValues(), context);
      const kernels = kwargs.composed as Map<ExpandedLayer, Tensor4D> | null | undefined;
      // A layer used twice composes the same kernel again.
      if (composed && kernels && !kernels.has(this)) kernels.set(this, tf.keep(composed));
      for (const [name, value] of Object.entries(state)) this.states.get(name)!.write(value);
      const shaped = shapedAs(x, y, site);
      return this.activation ? (this.activation.apply(shaped) as Tensor) : shaped;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), settings: { name: JSON.stringify(this.settings) } };
  }
}
tf.serialization.registerClass(ExpandedLayer);

/** What comes into a layer, as images: a pixel for each example of a dense layer, one row for each of one dimension. */
function imageOf(x: Tensor, { kind, kernelShape }: Site): Tensor4D {
  if (kind === 'dense') return x.reshape([-1, 1, 1, kernelShape[2]]);
  return (kind === 'conv1d' ? x.expandDims(1) : x) as Tensor4D;
}

/** What a layer gives, of as many axes as what came in. */
function shapedAs(x: Tensor, y: Tensor4D, { kind, kernelShape }: Site): Tensor {
  if (kind === 'dense') return y.reshape([...x.shape.slice(0, -1), kernelShape[3]]);
  return kind === 'conv1d' ? y.squeeze([1]) : y;
}

/** The expansion of a layer that was read from a file, by the name of its method. */
function expansionByName({ method: name, plugin, options, site }: ExpandedLayerSettings): Expansion {
  const method = importedPart('method', name);
  if (!method) {
    const whence = plugin
      ? `Import "${plugin}", which it came with, before the network is read: import '${plugin}';`
      : "Import the method's package before the network is read; a method of your own becomes known by definePlugin.";
    const others = registered('method').map((known) => known.name);
    throw new OverparamError(
      'unknown-method',
      `The network's layer "${site.name}" was expanded by the method "${name}", which is not known here. ${whence} ` +
        `Registered: ${others.join(', ') || 'none'}.`,
    );
  }
  const where = `layer "${site.name}", method "${name}"`;
  return method.expand(site, parseOptions(method.options, options, where));
}
