/** Where a part of a plugin comes from, shown by `overparam list`. */
export interface PartSource {
  /** Authors, title, where and when: `He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016)`. */
  readonly title: string;
  readonly url: string;
}
