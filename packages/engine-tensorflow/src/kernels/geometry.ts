import * as tf from '@tensorflow/tfjs';
import { attribute } from '../binding/make-attribute';
import type { Attributes } from './kernel';
import { type Plan, planPadding, planValid } from './padding';

export type Shape4D = [number, number, number, number];

/** A convolution as TensorFlow's ops take it. */
export interface Geometry {
  readonly plan: Plan;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly format: 'NHWC' | 'NCHW';
  /** First image axis. */
  readonly spatial: number;
}

/**
 * Strides of the same convolution that oneDNN computes right. TensorFlow 2.21 with oneDNN 3 gives other memory's numbers
 * where there is one input channel, the output is a single column of several rows, and the stride across is larger than
 * the one down; over a single column any stride across is the same. Depthwise convolutions of one channel are the same op.
 */
function stridesOf(info: tf.backend_util.Conv2DInfo): readonly [number, number] {
  const { inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
  const column = inChannels === 1 && outWidth === 1 && outHeight > 1;
  return [strideHeight, column ? Math.min(strideHeight, strideWidth) : strideWidth];
}

/**
 * @param padding  `valid` where all padding is to be made beforehand
 */
export function geometry(
  x: Shape4D,
  filter: Shape4D,
  attributes: Attributes,
  depthwise: boolean,
  padding: 'any' | 'valid' = 'any',
): Geometry {
  const format = (attributes.dataFormat as 'NHWC' | 'NCHW' | undefined) ?? 'NHWC';
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    attributes.strides as [number, number],
    (attributes.dilations as [number, number] | undefined) ?? 1,
    attributes.pad as 'same',
    attributes.dimRoundingMode as 'floor' | undefined,
    depthwise,
    format === 'NHWC' ? 'channelsLast' : 'channelsFirst',
  );
  const { padInfo } = info;
  const [down, across] = stridesOf(info);
  const whole = (vertical: number, horizontal: number) =>
    format === 'NHWC' ? [1, vertical, horizontal, 1] : [1, 1, vertical, horizontal];
  const awkward = info.strideHeight * info.strideWidth > 1 && info.dilationHeight * info.dilationWidth > 1;
  const spans = [
    {
      size: info.inHeight,
      out: info.outHeight,
      stride: down,
      window: info.effectiveFilterHeight,
      before: padInfo.top,
    },
    {
      size: info.inWidth,
      out: info.outWidth,
      stride: across,
      window: info.effectiveFilterWidth,
      before: padInfo.left,
    },
  ];
  const plan: Plan =
    padding === 'valid' || across !== info.strideWidth
      ? planValid(spans)
      : (padInfo.type === 'SAME' && !awkward) || padInfo.type === 'VALID'
        ? {
            padding: padInfo.type,
            around: [
              [0, 0],
              [0, 0],
            ],
          }
        : planPadding(spans);
  return {
    plan,
    strides: whole(down, across),
    dilations: whole(info.dilationHeight, info.dilationWidth),
    format,
    spatial: format === 'NHWC' ? 1 : 2,
  };
}

/** Attributes of a convolution's ops. */
export const opAttributes = ({ plan, strides, dilations, format }: Geometry) => [
  attribute.type('T', 'float32'),
  attribute.int('strides', strides),
  attribute.string('padding', plan.padding),
  attribute.string('data_format', format),
  attribute.int('dilations', dilations),
];

/** A shape as a tensor. */
export const sizes = (shape: readonly number[]) => tf.tensor1d([...shape], 'int32');

/** The three ops of a convolution: forward, and its gradients by image and by filter. */
export interface Family {
  readonly depthwise: boolean;
  readonly forward: string;
  readonly input: string;
  readonly filter: string;
}

export const dense: Family = {
  depthwise: false,
  forward: 'Conv2D',
  input: 'Conv2DBackpropInput',
  filter: 'Conv2DBackpropFilter',
};
export const depthwise: Family = {
  depthwise: true,
  forward: 'DepthwiseConv2dNative',
  input: 'DepthwiseConv2dNativeBackpropInput',
  filter: 'DepthwiseConv2dNativeBackpropFilter',
};
