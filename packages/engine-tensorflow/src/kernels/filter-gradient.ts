import * as tf from '@tensorflow/tfjs';
import type { Tracing } from '../backend/tracing';
import { filterGradientByProducts } from './filter-products';
import { filterGradientByTaps, isFasterByTaps, rowsOf } from './filter-taps';
import { type Family, type Geometry, geometry, opAttributes, type Shape4D, sizes } from './geometry';
import { interleavedFilterGradient, isDilated } from './interleaved';
import type { Inputs, Kernel } from './kernel';
import { padImage } from './padding';
import { isProduct, product } from './pixel-product';
import { cutTo, withoutStride } from './strides';

/** A convolution with an odd filter whose output is as large as its image. */
const isCentred = (family: Family, filter: Shape4D, g: Geometry) =>
  !family.depthwise &&
  g.format === 'NHWC' &&
  g.plan.padding === 'SAME' &&
  g.strides.every((stride) => stride === 1) &&
  filter[0] % 2 === 1 &&
  filter[1] % 2 === 1;

/**
 * Filters of single pixels with strides, over channels that are no whole vectors: oneDNN 3's gradient of such a filter
 * writes past the end of its memory where the last pixels are not looked at, so that the process ends sooner or later.
 */
const overruns = (family: Family, filter: Shape4D, g: Geometry) =>
  !family.depthwise &&
  g.format === 'NHWC' &&
  filter[0] === 1 &&
  filter[1] === 1 &&
  filter[2] % 16 !== 0 &&
  g.strides.some((stride) => stride > 1);

/** The pixels of an image that a filter of single pixels looks at. */
function seenPixels(image: tf.Tensor, out: readonly number[], { strides }: Geometry): tf.Tensor {
  const end = image.shape.map((length, axis) =>
    axis === 1 || axis === 2 ? (out[axis]! - 1) * strides[axis]! + 1 : length,
  );
  return tf.stridedSlice(image, [0, 0, 0, 0], end, [...strides]);
}

/** Channels from which on another way than the usual one may be the faster one, and the widest such output. */
const manyChannels = 64;
const smallImage = 32;

/** The ways to compute a gradient by a filter; the usual one first. */
type FilterWay = 'op' | 'product' | 'products';

function filterWays(family: Family, filter: Shape4D, g: Geometry, dy: tf.Tensor): readonly FilterWay[] {
  const usual = isProduct(family, filter, g) ? 'product' : 'op';
  const many = filter[2] >= manyChannels && filter[3] >= manyChannels;
  if (family.depthwise || g.format !== 'NHWC' || !many || overruns(family, filter, g)) return [usual];
  if (usual === 'product') return [usual];
  return dy.shape[2]! <= smallImage ? ['op', 'products'] : ['op'];
}

/** The gradient by the filter, in the way that is the fastest one here. */
export const filterGradient =
  (family: Family): Kernel =>
  (backend, inputs, attributes) => {
    const x = inputs.x!;
    const dy = inputs.dy!;
    const filter = attributes.filterShape as Shape4D;
    const g = geometry(x.shape as Shape4D, filter, attributes, family.depthwise);
    const ways = filterWays(family, filter, g, dy);
    const trace = backend.binding.recorder as Tracing | null;
    const compute = (way: string, given: Inputs) =>
      filterGradientIn[way as FilterWay](family)(backend, given, attributes) as tf.Tensor;
    if (trace === null || ways.length === 1 || backend.isUsingGpuDevice) return compute(ways[0]!, inputs);
    const sides = (values: readonly number[]) => values.slice(1, 3).join('x');
    const key =
      `filter gradient of ${x.shape.join('x')} by ${filter.join('x')}, strides ${sides(g.strides)}, ` +
      `dilations ${sides(g.dilations)}, pad ${JSON.stringify(attributes.pad)}, bfloat16`;
    return compute(trace.wayFor({ key, ways, shapes: { x: x.shape, dy: dy.shape }, compute }), inputs);
  };

/** As a product of matrices; filters of single pixels without strides. A fifth to a half less time than the op in float32. */
const filterGradientAsProduct =
  (): Kernel =>
  (backend, { x, dy }, { filterShape }) =>
    tf.reshape(product(backend, [rowsOf(x!), rowsOf(dy!)], 'first'), filterShape as Shape4D);

/** As a product for each tap. */
const filterGradientAsProducts =
  (): Kernel =>
  (backend, { x, dy }, attributes) => {
    const filter = attributes.filterShape as Shape4D;
    const g = geometry(x!.shape as Shape4D, filter, attributes, false, 'valid');
    return filterGradientByProducts(backend, { x: x!, dy: dy! }, filter, g);
  };

/** By TensorFlow's op, where it is right and has a fast kernel. */
const filterGradientByOp =
  (family: Family): Kernel =>
  (backend, inputs, attributes) => {
    if (family.depthwise && isDilated(attributes))
      return interleavedFilterGradient(backend, inputs, attributes);
    const { x, dy } = inputs;
    const shape = attributes.filterShape as Shape4D;
    const given = geometry(x!.shape as Shape4D, shape, attributes, family.depthwise);
    const [, down, right] = given.dilations as [number, number, number, number];
    if (!backend.isUsingGpuDevice && isFasterByTaps(x!.shape) && isCentred(family, shape, given)) {
      return filterGradientByTaps(backend, { x: x!, dy: dy! }, { filter: shape, dilation: [down, right] });
    }
    const { dy: gradient, g } = withoutStride(dy!, given);
    let image = padImage(x!, g.plan.around, g.spatial);
    if (!backend.isUsingGpuDevice && overruns(family, shape, g)) {
      const rows = rowsOf(seenPixels(image, gradient.shape, g));
      return tf.reshape(product(backend, [rows, rowsOf(gradient)], 'first'), shape);
    }
    if (g !== given) {
      image = tf.slice(
        image,
        image.shape.map(() => 0),
        cutTo(image.shape, shape, gradient, g),
      );
    }
    return backend.executeSingleOutput(family.filter, opAttributes(g), [image, sizes(shape), gradient]);
  };

const filterGradientIn: Readonly<Record<FilterWay, (family: Family) => Kernel>> = {
  op: filterGradientByOp,
  product: filterGradientAsProduct,
  products: filterGradientAsProducts,
};
