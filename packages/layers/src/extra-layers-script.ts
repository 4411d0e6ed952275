// Made of custom-layers.ts by scripts/extra-layers.mjs.
/**
 * The layers that stock TensorFlow.js lacks as a script of its own, to stand beside a `model.json` that has them: it takes
 * TensorFlow.js from the global `tf`, and registers them there.
 */
export const extraLayersScript: string = `// The layers of this network that TensorFlow.js does not have itself, by overparam (MIT).
// Load it behind tf.min.js, or in Node with globalThis.tf set, and before tf.loadLayersModel.
(() => {
const tf = globalThis.tf;
if (!tf) throw new Error("Load TensorFlow.js first: these layers take it from the global tf.");
var LearnedVector = class extends tf.layers.Layer {
  static className = "OverparamLearnedVector";
  units;
  vector;
  /** @param config  \`units\`: how many numbers, zero at first */
  constructor(config) {
    super(config);
    this.units = config.units;
  }
  build(_inputShape) {
    this.vector = this.addWeight("vector", [this.units], "float32", tf.initializers.zeros());
    this.built = true;
  }
  computeOutputShape(_inputShape) {
    return [1, this.units];
  }
  call(_inputs, _kwargs) {
    return tf.reshape(this.vector.read(), [1, this.units]);
  }
  getConfig() {
    return { ...super.getConfig(), units: this.units };
  }
};
var ExpertSelection = class extends tf.layers.Layer {
  static className = "OverparamExpertSelection";
  gamma;
  /** @param config  \`gamma\`: width of the range in which a digit is between 0 and 1, above 0 */
  constructor(config) {
    super(config);
    this.gamma = config.gamma;
  }
  computeOutputShape(inputShape) {
    const [z, w] = inputShape;
    return [z[0], 2 ** (z[1] / w[1])];
  }
  call(inputs, _kwargs) {
    return tf.tidy(() => {
      const [z, w] = inputs;
      const selectors = w.shape[1];
      const digits = z.shape[1] / selectors;
      const { gamma } = this;
      const inside = tf.clipByValue(tf.reshape(z, [-1, selectors, digits]), -gamma / 2, gamma / 2);
      const cubed = tf.mul(tf.mul(inside, inside), inside);
      const one2 = tf.add(tf.add(tf.mul(cubed, -2 / gamma ** 3), tf.mul(inside, 3 / (2 * gamma))), 0.5);
      const choices = (digit) => {
        const on = tf.slice(one2, [0, 0, digit], [-1, -1, 1]);
        return tf.concat([tf.sub(1, on), on], 2);
      };
      let parts = choices(0);
      for (let digit = 1; digit < digits; digit++) {
        const wide = tf.mul(
          tf.reshape(parts, [-1, selectors, 2 ** digit, 1]),
          tf.reshape(choices(digit), [-1, selectors, 1, 2])
        );
        parts = tf.reshape(wide, [-1, selectors, 2 ** (digit + 1)]);
      }
      const shares = tf.reshape(tf.softmax(w), [-1, selectors, 1]);
      return tf.sum(tf.mul(parts, shares), 1);
    });
  }
  getConfig() {
    return { ...super.getConfig(), gamma: this.gamma };
  }
};
var one = (inputs) => Array.isArray(inputs) ? inputs[0] : inputs;
var oneShape = (shape) => Array.isArray(shape[0]) ? shape[0] : shape;
var placeKernels = {
  maximum: "MaxPlace2x2",
  put: "PutPlace2x2",
  take: "TakePlace2x2"
};
function registered(name, inputs) {
  if (tf.getKernel(name, tf.getBackend()) === void 0) return null;
  const outputs = tf.engine().runKernel(name, inputs);
  return Array.isArray(outputs) ? outputs : [outputs];
}
function corners(x) {
  const [n, h, w, c] = x.shape;
  const pairs = tf.reshape(x, [n * h / 2, 2, w / 2, 2 * c]);
  return [0, 1, 2, 3].map((place) => {
    const begin = [0, place >> 1, 0, (place & 1) * c];
    return tf.reshape(tf.slice(pairs, begin, [-1, 1, -1, c]), [n, h / 2, w / 2, c]);
  });
}
function assemble(parts) {
  const [n, h, w, c] = parts[0].shape;
  const rows = [0, 2].map(
    (first) => tf.reshape(tf.concat([parts[first], parts[first + 1]], 3), [n * h, 1, w * 2 * c])
  );
  return tf.reshape(tf.concat(rows, 1), [n, 2 * h, 2 * w, c]);
}
var atPlace = (places, place) => tf.cast(tf.equal(places, place), "float32");
function maximum2(x) {
  const found = registered(placeKernels.maximum, { x });
  if (found) return { values: found[0], places: found[1] };
  const [a, b, c, d] = corners(x);
  const [top, bottom] = [tf.maximum(a, b), tf.maximum(c, d)];
  const topPlace = tf.cast(tf.greater(b, a), "float32");
  const bottomPlace = tf.add(tf.cast(tf.greater(d, c), "float32"), 2);
  const places = tf.where(tf.greater(bottom, top), bottomPlace, topPlace);
  return { values: tf.maximum(top, bottom), places };
}
function put(values, places) {
  const found = registered(placeKernels.put, { values, places });
  if (found) return found[0];
  return assemble([0, 1, 2, 3].map((place) => tf.mul(values, atPlace(places, place))));
}
function take(x, places) {
  const found = registered(placeKernels.take, { x, places });
  if (found) return found[0];
  return tf.addN(corners(x).map((corner, place) => tf.mul(corner, atPlace(places, place))));
}
function half(side) {
  if (side === null || side % 2 === 0) return side && side / 2;
  throw new Error(
    \`Max-pooling with places takes windows of 2x2 pixels, and a side of \${side} is odd. Pad or crop to even sides.\`
  );
}
function maxPoolWithPlaces(x) {
  half(x.shape[1]);
  half(x.shape[2]);
  let places = null;
  const pool = tf.customGrad((...inputs) => {
    const [image2, save] = inputs;
    const found = maximum2(image2);
    save([found.places]);
    places = tf.keep(tf.clone(found.places));
    return {
      value: found.values,
      gradFunc: (dy, saved) => put(dy, saved[0])
    };
  });
  const values = pool(x);
  const handed = tf.clone(places);
  tf.dispose(places);
  return { values, places: handed };
}
function maxUnpool(values, places) {
  const unpool = tf.customGrad((...inputs) => {
    const [given, save] = inputs;
    save([places]);
    return {
      value: put(given, places),
      gradFunc: (dy, saved) => take(dy, saved[0])
    };
  });
  return unpool(values);
}
var MaxPoolWithPlaces = class extends tf.layers.Layer {
  static className = "OverparamMaxPoolWithPlaces";
  computeOutputShape(inputShape) {
    const [n, h, w, c] = oneShape(inputShape);
    const windows = [n, half(h), half(w), c];
    return [windows, [...windows]];
  }
  call(inputs, kwargs) {
    const x = one(inputs);
    const decisions = kwargs?.decisions;
    if (decisions) {
      const places2 = decisions.decide(this.name, () => maxPoolWithPlaces(x).places);
      return [take(x, places2), tf.clone(places2)];
    }
    const { values, places } = maxPoolWithPlaces(x);
    return [values, places];
  }
};
var MaxUnpool = class extends tf.layers.Layer {
  static className = "OverparamMaxUnpool";
  computeOutputShape(inputShape) {
    const [n, h, w, c] = oneShape(inputShape);
    const twice = (side) => side === null ? null : 2 * side;
    return [n, twice(h), twice(w), c];
  }
  call(inputs, _kwargs) {
    const [values, places] = inputs;
    return maxUnpool(values, places);
  }
};
function interpolation(from, to) {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = to === 1 ? 0 : i * (from - 1) / (to - 1);
    const first = Math.min(Math.floor(at), from - 1);
    matrix[i * from + first] += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1] += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}
function resizeAligned(x, size) {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  const resize = tf.customGrad((...inputs) => {
    const image2 = inputs[0];
    return {
      value: tf.image.resizeBilinear(image2, [height, width], true),
      gradFunc: (dy) => {
        const columns = tf.expandDims(interpolation(w, width), 0);
        const rows = tf.expandDims(interpolation(h, height), 0);
        const narrow = tf.matMul(columns, tf.reshape(dy, [n * height, width, c]), true);
        return tf.reshape(tf.matMul(rows, tf.reshape(narrow, [n, height, w * c]), true), [n, h, w, c]);
      }
    };
  });
  return resize(x);
}
var ResizeAligned = class extends tf.layers.Layer {
  static className = "OverparamResizeAligned";
  height;
  width;
  /** @param config  \`height\` and \`width\` of the output in pixels */
  constructor(config) {
    super(config);
    this.height = config.height;
    this.width = config.width;
  }
  computeOutputShape(inputShape) {
    const [n, , , c] = oneShape(inputShape);
    return [n, this.height, this.width, c];
  }
  call(inputs, _kwargs) {
    return resizeAligned(one(inputs), [this.height, this.width]);
  }
  getConfig() {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
};
function halfPixelInterpolation(from, to) {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max((i + 0.5) * from / to - 0.5, 0), from - 1);
    const first = Math.floor(at);
    matrix[i * from + first] += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1] += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}
function resizeHalfPixel(x, size) {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  return tf.tidy(() => {
    const rows = tf.expandDims(halfPixelInterpolation(h, height), 0);
    const columns = tf.expandDims(halfPixelInterpolation(w, width), 0);
    const tall = tf.reshape(tf.matMul(rows.tile([n, 1, 1]), tf.reshape(x, [n, h, w * c])), [
      n * height,
      w,
      c
    ]);
    const wide = tf.matMul(columns.tile([n * height, 1, 1]), tall);
    return tf.reshape(wide, [n, height, width, c]);
  });
}
var ResizeHalfPixel = class extends tf.layers.Layer {
  static className = "OverparamResizeHalfPixel";
  height;
  width;
  factor;
  /** @param config  \`height\` and \`width\` of the output in pixels, or \`factor\`, how often they hold the input's */
  constructor(config) {
    super(config);
    this.height = config.height ?? null;
    this.width = config.width ?? null;
    this.factor = config.factor ?? null;
  }
  sizeFor(h, w) {
    const times = (side, axis) => side === null || this.factor === null ? null : side * this.factor[axis];
    return [this.height ?? times(h, 0), this.width ?? times(w, 1)];
  }
  computeOutputShape(inputShape) {
    const [n, h, w, c] = oneShape(inputShape);
    return [n, ...this.sizeFor(h, w), c];
  }
  call(inputs, _kwargs) {
    const x = one(inputs);
    return resizeHalfPixel(x, this.sizeFor(x.shape[1], x.shape[2]));
  }
  getConfig() {
    const factor = this.factor === null ? null : [...this.factor];
    return { ...super.getConfig(), height: this.height, width: this.width, factor };
  }
};
var WeightedSum = class extends tf.layers.Layer {
  static className = "OverparamWeightedSum";
  initial;
  factors;
  /** @param config  \`initial\`: the first weight of each input */
  constructor(config) {
    super(config);
    this.initial = [...config.initial];
  }
  build(_inputShape) {
    const zeros = tf.initializers.zeros();
    this.factors = this.addWeight("factors", [this.initial.length], "float32", zeros);
    const first = tf.tensor1d(this.initial);
    this.factors.write(first);
    first.dispose();
    this.built = true;
  }
  computeOutputShape(inputShape) {
    return oneShape(inputShape);
  }
  call(inputs, _kwargs) {
    return tf.tidy(() => {
      const factors = tf.unstack(this.factors.read());
      return tf.addN(inputs.map((input, index) => tf.mul(input, factors[index])));
    });
  }
  getConfig() {
    return { ...super.getConfig(), initial: this.initial };
  }
};
var GatedSum = class extends tf.layers.Layer {
  static className = "OverparamGatedSum";
  computeOutputShape(inputShape) {
    const [weights, first] = inputShape;
    const count = inputShape.length - 1;
    if (weights.length === 2 && weights[1] === count) return first;
    throw new Error(
      \`A gated sum of \${count} tensors needs as many weights for each example, [n, \${count}], as its first input; got [\${weights}].\`
    );
  }
  call(inputs, _kwargs) {
    return tf.tidy(() => {
      const [weights, ...given] = inputs;
      const sides = new Array(given[0].rank - 1).fill(1);
      const parts = given.map(
        (x, index) => tf.mul(x, tf.reshape(tf.slice(weights, [0, index], [-1, 1]), [-1, ...sides]))
      );
      return tf.addN(parts);
    });
  }
};
var shortest = 1e-12;
function inverseLength(vectors) {
  const squares = tf.sum(tf.square(vectors), -1, true);
  const some = tf.greater(squares, shortest ** 2);
  const length = tf.sqrt(tf.where(some, squares, tf.onesLike(squares)));
  return tf.div(tf.cast(some, "float32"), length);
}
function unitLength(x) {
  const scale = tf.customGrad((...inputs) => {
    const [vectors, save] = inputs;
    save([vectors]);
    return {
      value: tf.mul(vectors, inverseLength(vectors)),
      // What a vector's length would take is not passed on: dx = (dy - y (y . dy)) / length. Of the vectors themselves, so
      // that it can be differentiated again.
      gradFunc: (dy, saved) => {
        const factor = inverseLength(saved[0]);
        const unit = tf.mul(saved[0], factor);
        return tf.mul(tf.sub(dy, tf.mul(unit, tf.sum(tf.mul(unit, dy), -1, true))), factor);
      }
    };
  });
  return scale(x);
}
var UnitLength = class extends tf.layers.Layer {
  static className = "OverparamUnitLength";
  computeOutputShape(inputShape) {
    return inputShape;
  }
  call(inputs, kwargs) {
    const x = one(inputs);
    if (!kwargs?.decisions) return unitLength(x);
    return tf.tidy(() => {
      const longest = tf.sqrt(tf.max(tf.sum(tf.square(x), -1)));
      return tf.div(x, tf.maximum(longest, shortest));
    });
  }
};
for (const layer of [
  MaxPoolWithPlaces,
  MaxUnpool,
  ResizeAligned,
  ResizeHalfPixel,
  UnitLength,
  WeightedSum,
  GatedSum,
  LearnedVector,
  ExpertSelection
])
  tf.serialization.registerClass(layer);
})();
`;
