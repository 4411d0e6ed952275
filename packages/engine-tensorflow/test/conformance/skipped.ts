/** tfjs-core's specs that do not hold here: the reason, then parts of the specs' full names. */
export const skipped: readonly (readonly [reason: string, ...names: string[]])[] = [
  [
    "tfjs's JavaScript backend divides the gradient of an average by the whole window, although the average itself leaves " +
      'padding out; here it is the gradient of the average that was computed',
    'avgPool test-tensorflow {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit',
  ],
  [
    "tfjs's JavaScript backend takes 1x1 windows for the identity whenever shapes agree, whatever the stride and padding; " +
      'here windows are where they say',
    'pool test-tensorflow {} max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
    'pool test-tensorflow {} avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
  ],
  [
    'an image of 8x8 is no output of a convolution of one of 4x4 with padding same, and TensorFlow says so',
    'conv2dTranspose test-tensorflow {} input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4',
  ],
  [
    'expects the rounding of a tangent near 30144 to the last bit',
    'tan test-tensorflow {} numbers exceed float32 precision',
  ],
  [
    'TensorFlow counts each NaN as a value of its own, tfjs all NaNs as one',
    'unique test-tensorflow {} 1d tensor with NaN and Infinity',
  ],
  [
    'tfjs passes over what is not a number in the maximum of a window; here it is kept, so that training stops where a ' +
      'network diverges',
    'maxPool test-tensorflow {} [x=[3,3,1] f=[2,2] s=1 ignores NaNs',
    'maxPool3d test-tensorflow {} x=[1,3,3,3,1] f=[2,2,2] s=1 p=valid, ignores NaNs',
  ],
];
