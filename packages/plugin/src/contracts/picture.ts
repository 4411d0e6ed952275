/** Red, green and blue, whole numbers from 0 to 255. */
export type Colour = readonly [number, number, number];

/** What the colours of a picture mean. */
export interface PictureLegend {
  /** One sentence for a reader, such as `Bright is near.` */
  readonly text: string;
  /** Colours that stand for one thing each: classes by their names, and what has no label. */
  readonly colours: readonly { readonly name: string; readonly colour: Colour }[];
  /** Numbers that are drawn along a scale; absent where none are. */
  readonly scale?: {
    /** What the first and the last of the stops stand for. */
    readonly from: number;
    readonly to: number;
    readonly unit: string;
    /** Colours at even distances, mixed in between. */
    readonly stops: readonly Colour[];
  };
}

/** A task's label and prediction for one example as pictures of one size. */
export interface TaskPicture {
  readonly height: number;
  readonly width: number;
  /** `[height, width, 3]`: red, green and blue, row by row. */
  readonly truth: Uint8Array;
  /** As {@link truth}. */
  readonly prediction: Uint8Array;
  /** It may follow from the label, such as the range of a scale. */
  readonly legend: PictureLegend;
}
