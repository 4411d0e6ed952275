import { dilatedResnet50 } from '@overparam/backbones';
import { keyFromSeed } from '@overparam/engine';
import { apply, ResizeHalfPixel } from '@overparam/layers';
import { parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Fitting } from '../fit';
import type { PlainForward } from '../published/plain-forward';
import type { Architecture, BuildRequest } from './architecture';
import { loadUnits, residualForward, torchvision } from './resnets';
import { hwio, loadUnit, setWeights } from './weights';

const blocks = [3, 4, 6, 3];
const stages = [
  { stride: 1, dilations: [1, 1] },
  { stride: 2, dilations: [1, 1] },
  { stride: 1, dilations: [1, 2] },
  { stride: 1, dilations: [2, 4] },
] as const;

/** Dilations of the head's 3x3 convolutions. */
const rates = [12, 24, 36];

/** The last layer of the trunk. */
const trunkEnd = 'stage4_block3_relu3';

/** The names of torchvision's segmentation networks: the trunk's behind `backbone.`. */
const within: typeof torchvision = {
  unit: (place) => `backbone.${torchvision.unit(place)}`,
  norm: (place) => `backbone.${torchvision.norm(place)}`,
  classifier: '',
};

/** A dilated network of one task with as many outputs, the channels following the stem's. */
function built(width: number, outputs: number, { size }: BuildRequest): tf.LayersModel {
  const task = { name: 'segmentation', form: 'dense', outputs } as const;
  const options = parseOptions(dilatedResnet50.options, { width, rates });
  return dilatedResnet50.build({ inputShape: [...size, 3], tasks: [task], key: keyFromSeed(0) }, options)
    .model;
}

/** The part of a network up to a layer; the rest is disposed. */
function upTo(model: tf.LayersModel, layer: string, name: string): tf.LayersModel {
  const output = model.getLayer(layer).output as tf.SymbolicTensor;
  const part = tf.model({ name, inputs: model.inputs, outputs: output });
  const kept = new Set(part.layers);
  for (const other of model.layers) if (!kept.has(other)) other.dispose();
  return part;
}

/** Disposes the model where loading fails. */
function loading(model: tf.LayersModel, load: () => void): tf.LayersModel {
  try {
    load();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function loadHead(fitting: Fitting, model: tf.LayersModel, epsilon: number): void {
  const head = 'classifier.0.';
  const unit = (layer: string, conv: string, norm: string) =>
    loadUnit(
      fitting,
      { conv: model.getLayer(`${layer}_conv`), norm: model.getLayer(`${layer}_norm`) },
      { unit: conv, norm },
      epsilon,
    );
  for (let branch = 0; branch <= rates.length; branch++) {
    unit(`segmentation_aspp${branch + 1}`, `${head}convs.${branch}.0`, `${head}convs.${branch}.1`);
  }
  unit('segmentation_mean', `${head}convs.4.1`, `${head}convs.4.2`);
  unit('segmentation_project', `${head}project.0`, `${head}project.1`);
  unit('segmentation_head', 'classifier.1', 'classifier.2');
  const out = model.getLayer('segmentation_out');
  const [, , cin, cout] = out.weights[0]!.shape as [number, number, number, number];
  setWeights(out, {
    kernel: hwio(fitting.take('classifier.4.weight', [cout, cin, 1, 1])),
    bias: fitting.take('classifier.4.bias', [cout]).data as Float32Array,
  });
}

function headForward(plain: PlainForward, x: tf.Tensor4D, image: tf.Tensor4D): tf.Tensor4D {
  const at = (y: tf.Tensor4D, conv: string, norm: string, padding = 0) =>
    tf.relu(plain.unit(y, conv, norm, padding === 0 ? {} : { padding, dilation: padding }));
  const head = 'classifier.0.';
  const branches = [0, ...rates].map((rate, index) =>
    at(x, `${head}convs.${index}.0`, `${head}convs.${index}.1`, rate),
  );
  const mean = at(tf.mean(x, [1, 2], true) as tf.Tensor4D, `${head}convs.4.1`, `${head}convs.4.2`);
  const [, h, w] = x.shape;
  const joined = tf.concat([...branches, tf.tile(mean, [1, h, w, 1])], 3);
  const y = at(at(joined, `${head}project.0`, `${head}project.1`), 'classifier.1', 'classifier.2', 1);
  const [, height, width] = image.shape;
  return tf.image.resizeBilinear(plain.convolution(y, 'classifier.4'), [height, width], false, true);
}

/** Dilated networks that tensors are read into. */
export const dilated: readonly Architecture[] = [
  {
    name: 'resnet50-dilated',
    summary: "the trunk of the dilated ResNet-50, from ImageNet's weights in torchvision's names",
    size: [224, 224],
    recognises: () => false,
    build(fitting, request) {
      const width = fitting.take('conv1.weight', [null, 3, 7, 7]).shape[0]!;
      const model = upTo(built(width, 1, request), trunkEnd, 'resnet50-dilated');
      return loading(model, () => loadUnits(fitting, model, torchvision, request.epsilon));
    },
    forward: (plain, x) =>
      residualForward(plain, x, torchvision, { blocks, bottleneck: true, stem: 'large', stages }),
    ignored: /num_batches_tracked$|^fc\./,
  },
  {
    name: 'deeplabv3-resnet50',
    summary: "torchvision's DeepLabv3 on the dilated ResNet-50",
    size: [224, 224],
    recognises: (has) => has('backbone.layer4.2.conv3.weight') && has('classifier.4.weight'),
    build(fitting, request) {
      const width = fitting.take('backbone.conv1.weight', [null, 3, 7, 7]).shape[0]!;
      const outputs = fitting.take('classifier.4.bias', [null]).shape[0]!;
      const part = upTo(built(width, outputs, request), 'segmentation_out', 'deeplabv3-resnet50');
      loading(part, () => {
        loadUnits(fitting, part, within, request.epsilon);
        loadHead(fitting, part, request.epsilon);
      });
      return ended(part, request);
    },
    forward: (plain, x) =>
      headForward(
        plain,
        residualForward(plain, x, within, { blocks, bottleneck: true, stem: 'large', stages }),
        x,
      ),
    ignored: /num_batches_tracked$|^aux_classifier\./,
  },
];

/**
 * The network with its answers at the images' size, resized as torchvision does it: pixel on pixel, where the networks of this
 * project resize corner on corner.
 */
function ended(model: tf.LayersModel, { size }: BuildRequest): tf.LayersModel {
  const [height, width] = size;
  const resize = new ResizeHalfPixel({ name: 'segmentation_resize', height, width });
  return tf.model({ name: model.name, inputs: model.inputs, outputs: apply(resize, model.outputs[0]!) });
}
