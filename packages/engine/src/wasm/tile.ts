import { Assembler, type Local } from './assembler';

/**
 * The shape of one tile product: `rows x (4 * vectors)` outputs, each a sum over segments of `length` terms
 *
 *   out[r, j] (+)= sum over segments s, k < length of  A[a + s.a + k * aStep + r * aRow] * B[b + s.b + k * bStep + 4j]
 *
 * Convolutions, their input gradients and their filter gradients are all of this form: rows are pixels (or, for
 * filter gradients, input channels), columns are output channels, terms are taps x input channels (or pixels).
 * All steps are in bytes.
 */
export interface TileShape {
  readonly rows: number;
  readonly vectors: number;
  readonly length: number;
  readonly aStep: number;
  readonly aRow: number;
  readonly bStep: number;
  readonly outRow: number;
  /** Whether outputs are added to what is there. */
  readonly accumulate: boolean;
}

/**
 * Computes `tiles` tiles in a row. `segments` is the address of `count` pairs of int32 byte offsets (into A, into B).
 */
export type TileKernel = (
  a: number,
  b: number,
  out: number,
  segments: number,
  count: number,
  tiles: number,
  aTile: number,
  outTile: number,
) => void;

/** Terms written out per turn of the inner loop. Eight halve the speed in V8: it runs out of registers. */
const unroll = 4;

/** Writes the module of a tile product; its one export `run` is a {@link TileKernel}. */
export function tileModule(shape: TileShape): Uint8Array<ArrayBuffer> {
  const code = new Assembler(8);
  const [a, b, out, segments, count, tiles, aTile, outTile] = Array.from({ length: 8 }, (_, i) =>
    code.parameter(i),
  ) as [Local, Local, Local, Local, Local, Local, Local, Local];
  const pointers = { a: code.local('i32'), b: code.local('i32'), segment: code.local('i32') };
  const counters = { tile: code.local('i32'), segment: code.local('i32'), term: code.local('i32') };
  const sums = Array.from({ length: shape.rows * shape.vectors }, () => code.local('v128'));
  const columns = Array.from({ length: shape.vectors }, () => code.local('v128'));
  const quads = Array.from({ length: shape.rows }, () => code.local('v128'));
  const value = code.local('v128');
  const eachSum = (visit: (sum: Local, offset: number) => void) => {
    for (let r = 0; r < shape.rows; r++)
      for (let v = 0; v < shape.vectors; v++)
        visit(sums[r * shape.vectors + v] as Local, r * shape.outRow + v * 16);
  };

  const multiplyAdd = (row: number, column: Local, v: number) => {
    const sum = sums[row * shape.vectors + v] as Local;
    code.get(sum).get(value).get(column).multiplyFloats().addFloats().set(sum);
  };
  const loadColumns = (term: number) =>
    columns.forEach((column, v) => {
      code
        .get(pointers.b)
        .load(term * shape.bStep + v * 16)
        .set(column);
    });
  // A broadcast from a register is cheaper than one from memory, so four values of A are loaded at once where
  // they lie together: four terms of a row, or four rows of a term.
  const fourTerms = (first: number) => {
    quads.forEach((quad, r) => {
      code
        .get(pointers.a)
        .load(first * shape.aStep + r * shape.aRow)
        .set(quad);
    });
    for (let lane = 0; lane < 4; lane++) {
      loadColumns(first + lane);
      quads.forEach((quad, r) => {
        code.splatLane(quad, lane).set(value);
        columns.forEach((column, v) => {
          multiplyAdd(r, column, v);
        });
      });
    }
  };
  const fourRows = (index: number) => {
    const quad = quads[0] as Local;
    code
      .get(pointers.a)
      .load(index * shape.aStep)
      .set(quad);
    loadColumns(index);
    for (let r = 0; r < 4; r++) {
      code.splatLane(quad, r).set(value);
      columns.forEach((column, v) => {
        multiplyAdd(r, column, v);
      });
    }
  };
  const oneTerm = (index: number) => {
    loadColumns(index);
    for (let r = 0; r < shape.rows; r++) {
      code
        .get(pointers.a)
        .loadSplat(index * shape.aStep + r * shape.aRow)
        .set(value);
      columns.forEach((column, v) => {
        multiplyAdd(r, column, v);
      });
    }
  };
  const rowsTogether = shape.rows === 4 && shape.aRow === 4;
  const termsTogether = shape.aStep === 4 && !rowsTogether;
  const terms = (count: number) => {
    let index = 0;
    if (termsTogether) for (; index + 4 <= count; index += 4) fourTerms(index);
    for (; index < count; index++) {
      if (rowsTogether) fourRows(index);
      else oneTerm(index);
    }
    code.advance(pointers.a, count * shape.aStep).advance(pointers.b, count * shape.bStep);
  };

  code.repeat(counters.tile, tiles, () => {
    eachSum((sum, offset) => {
      if (shape.accumulate) code.get(out).load(offset).set(sum);
      else code.zero().set(sum);
    });
    code.get(segments).set(pointers.segment);
    code.repeat(counters.segment, count, () => {
      code.get(pointers.segment).loadI32(0).get(a).add().set(pointers.a);
      code.get(pointers.segment).loadI32(4).get(b).add().set(pointers.b);
      code.advance(pointers.segment, 8);
      const turns = Math.floor(shape.length / unroll);
      if (turns > 0) code.repeat(counters.term, turns, () => terms(unroll));
      if (shape.length % unroll > 0) terms(shape.length % unroll);
    });
    eachSum((sum, offset) => code.get(out).get(sum).store(offset));
    code.advanceBy(a, aTile).advanceBy(out, outTile);
  });
  return code.module();
}
