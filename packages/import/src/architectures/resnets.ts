import { resnet, resnet18, resnet50 } from '@overparam/backbones';
import { keyFromSeed } from '@overparam/engine';
import { type Backbone, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Fitting } from '../fit';
import type { PlainForward } from '../published/plain-forward';
import type { Architecture, BuildRequest } from './architecture';
import { loadDense, loadUnit } from './weights';

/** Where a unit of a convolution and a norm stands. */
interface Place {
  /** 0 for the stem. */
  readonly stage: number;
  readonly block: number;
  readonly part: 1 | 2 | 3 | 'shortcut';
}

/** How a code names the tensors of residual networks. */
interface Naming {
  unit(place: Place): string;
  norm(place: Place): string;
  readonly classifier: string;
}

/** torchvision's names; FNL's code has them too, but for the classifier and the shortcuts. */
const torchvision: Naming = {
  unit: ({ stage, block, part }) => {
    if (stage === 0) return 'conv1';
    return part === 'shortcut' ? `layer${stage}.${block}.downsample.0` : `layer${stage}.${block}.conv${part}`;
  },
  norm: ({ stage, block, part }) => {
    if (stage === 0) return 'bn1';
    return part === 'shortcut' ? `layer${stage}.${block}.downsample.1` : `layer${stage}.${block}.bn${part}`;
  },
  classifier: 'fc',
};

/** Names of the CIFAR networks that FNL's code and many others build on. */
const cifar: Naming = {
  unit: (place) => torchvision.unit(place).replace('downsample', 'shortcut'),
  norm: (place) => torchvision.norm(place).replace('downsample', 'shortcut'),
  classifier: 'linear',
};

/** Names of the code of Diverse Branch Blocks. */
const dbb: Naming = {
  unit: ({ stage, block, part }) => {
    if (stage === 0) return 'stage0.conv1';
    return `stage${stage}.${block}.${part === 'shortcut' ? 'shortcut' : `conv${part}`}`;
  },
  norm: (place) => `${dbb.unit(place)}.bn`,
  classifier: 'linear',
};

/** The namings that a network may have; the first whose stem is there. */
function namingOf(has: (name: string) => boolean, namings: readonly Naming[]): Naming {
  const ends = ['.weight', '.conv.weight', '.VT', '.dbb_reparam.weight', '.dbb_origin.conv.weight'];
  const stem = { stage: 0, block: 0, part: 1 } as const;
  return namings.find((naming) => ends.some((end) => has(`${naming.unit(stem)}${end}`))) ?? namings[0]!;
}

/** Loads all units of a residual network of ours: its convolutions say by their names where they stand. */
export function loadUnits(fitting: Fitting, model: tf.LayersModel, naming: Naming, epsilon: number): void {
  for (const conv of model.layers) {
    const found = /^(?:stage(\d)_block(\d+)|(stem))(?:_(shortcut))?_conv(\d?)$/.exec(conv.name);
    if (!found) continue;
    const [, stage = '0', block = '1', , shortcut, part = '1'] = found;
    const place: Place = {
      stage: Number(stage),
      block: Number(block) - 1,
      part: shortcut ? 'shortcut' : ((Number(part) || 1) as 1 | 2 | 3),
    };
    const norm = model.getLayer(conv.name.replace(/_conv(\d?)$/, '_norm$1'));
    loadUnit(fitting, { conv, norm }, { unit: naming.unit(place), norm: naming.norm(place) }, epsilon);
  }
}

/** How residual networks differ for the plain forward. */
interface Residual {
  readonly blocks: readonly number[];
  readonly bottleneck: boolean;
  readonly stem: 'small' | 'large';
  /** Of the first block of each stage, and dilations of the first and of the other blocks. */
  readonly stages?: readonly { readonly stride: number; readonly dilations: readonly [number, number] }[];
}

/** The plain forward of a residual network up to its last map. */
export function residualForward(
  plain: PlainForward,
  image: tf.Tensor4D,
  naming: Naming,
  form: Residual,
): tf.Tensor4D {
  const at = (x: tf.Tensor4D, place: Place, geometry: object) =>
    plain.unit(x, naming.unit(place), naming.norm(place), geometry);
  const large = form.stem === 'large';
  let x = tf.relu(
    at(image, { stage: 0, block: 0, part: 1 }, large ? { stride: 2, padding: 3 } : { padding: 1 }),
  );
  if (large) x = tf.maxPool(x, 3, 2, 1);
  form.blocks.forEach((count, index) => {
    const stage = index + 1;
    const { stride: first = index > 0 ? 2 : 1, dilations = [1, 1] } = form.stages?.[index] ?? {};
    for (let block = 0; block < count; block++) {
      const stride = block === 0 ? first : 1;
      const dilation = dilations[block === 0 ? 0 : 1]!;
      const around = { stride, padding: dilation, dilation };
      const place = (part: Place['part']): Place => ({ stage, block, part });
      let y: tf.Tensor4D;
      if (form.bottleneck) {
        y = tf.relu(at(x, place(1), {}));
        y = at(tf.relu(at(y, place(2), around)), place(3), {});
      } else y = at(tf.relu(at(x, place(1), around)), place(2), { padding: 1 });
      x = tf.relu(tf.add(y, shortcut(x, y, place('shortcut'), stride)));
    }
  });
  return x;

  function shortcut(given: tf.Tensor4D, to: tf.Tensor4D, place: Place, stride: number): tf.Tensor4D {
    const unit = naming.unit(place);
    if (plain.has(`${unit}.weight`) || plain.has(`${unit}.conv.weight`)) return at(given, place, { stride });
    const missing = to.shape[3] - given.shape[3];
    if (stride === 1 && missing === 0) return given;
    const taken = tf.stridedSlice(given, [0, 0, 0, 0], given.shape, [1, stride, stride, 1]) as tf.Tensor4D;
    return tf.pad(taken, [
      [0, 0],
      [0, 0],
      [0, 0],
      [missing >> 1, missing - (missing >> 1)],
    ]);
  }
}

function classify(plain: PlainForward, map: tf.Tensor4D, name: string): tf.Tensor {
  return plain.dense(tf.mean(map, [1, 2]) as tf.Tensor2D, name);
}

/** The classes that a state dict's classifier has, and the channels of its stem. */
function widthsOf(fitting: Fitting, naming: Naming): { readonly classes: number; readonly width: number } {
  const stem = { stage: 0, block: 0, part: 1 } as const;
  const unit = naming.unit(stem);
  const forms = [`${unit}.weight`, `${unit}.conv.weight`, `${unit}.dbb_reparam.weight`];
  const kernel = fitting.take(forms.find((name) => fitting.has(name)) ?? forms[0]!, [null, 3, null, null]);
  const classes = fitting.take(`${naming.classifier}.bias`, [null]).shape[0]!;
  return { classes, width: kernel.shape[0]! };
}

function classifierOf<Options>(
  fitting: Fitting,
  naming: Naming,
  { size, epsilon }: BuildRequest,
  [backbone, options]: readonly [Backbone<Options>, (width: number) => object],
): tf.LayersModel {
  const { classes, width } = widthsOf(fitting, naming);
  const { model } = backbone.build(
    {
      inputShape: [...size, 3],
      tasks: [{ name: 'class', form: 'class', outputs: classes }],
      key: keyFromSeed(0),
    },
    parseOptions(backbone.options, options(width)),
  );
  try {
    loadUnits(fitting, model, naming, epsilon);
    loadDense(fitting, model.getLayer('classifier'), naming.classifier);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const large = [torchvision, dbb] as const;

function imagenet(
  name: string,
  backbone: typeof resnet18,
  blocks: readonly number[],
  bottleneck: boolean,
): Architecture {
  const deep = (has: (key: string) => boolean) =>
    ['layer1.0.conv3.weight', 'stage1.0.conv3.conv.weight'].some(has);
  return {
    name,
    summary: `${name === 'resnet18' ? 'ResNet-18' : 'ResNet-50'} with ImageNet's stem, in the names of torchvision or of DBB's code`,
    size: [224, 224],
    recognises: (has) =>
      deep(has) === bottleneck &&
      (has('layer4.0.downsample.0.weight') || has('stage4.0.shortcut.conv.weight')) &&
      !has(`layer1.${blocks[0]}.bn1.weight`) &&
      !has(`layer3.${blocks[2]}.bn1.weight`),
    build: (fitting, request) =>
      classifierOf(
        fitting,
        namingOf((key) => fitting.has(key), large),
        request,
        [backbone, (width) => ({ width, stem: 'large' })],
      ),
    forward(plain, x) {
      const naming = namingOf((key) => plain.has(key), large);
      return classify(
        plain,
        residualForward(plain, x, naming, { blocks, bottleneck, stem: 'large' }),
        naming.classifier,
      );
    },
    ignored: /num_batches_tracked$/,
  };
}

/** Blocks of the first stage of a CIFAR network. */
function blocksOf(has: (name: string) => boolean): number {
  let blocks = 0;
  while (has(`layer1.${blocks}.bn1.weight`)) blocks++;
  return blocks;
}

/** Residual networks that tensors are read into. */
export const resnets: readonly Architecture[] = [
  imagenet('resnet18', resnet18, [2, 2, 2, 2], false),
  imagenet('resnet50', resnet50, [3, 4, 6, 3], true),
  {
    name: 'resnet',
    summary: "He et al.'s residual networks for CIFAR, in the names of FNL's code",
    size: [32, 32],
    recognises: (has) => has('layer3.0.bn1.weight') && !has('layer4.0.bn1.weight') && has('linear.bias'),
    build(fitting, request) {
      const has = (name: string) => fitting.has(name);
      const shortcut = has('layer2.0.shortcut.0.weight') ? 'B' : 'A';
      const depth = 6 * blocksOf(has) + 2;
      return classifierOf(fitting, cifar, request, [resnet, (width) => ({ depth, width, shortcut })]);
    },
    forward(plain, x) {
      const count = blocksOf((name) => plain.has(name));
      const blocks = [count, count, count];
      return classify(
        plain,
        residualForward(plain, x, cifar, { blocks, bottleneck: false, stem: 'small' }),
        'linear',
      );
    },
    ignored: /num_batches_tracked$/,
  },
];

export { torchvision };
