/**
 * Eight-bit networks: calibration, an ONNX file of whole numbers, what it costs and where, and training on where that is not
 * enough.
 *
 * @packageDocumentation
 */
export { type Agreement, AgreementSum } from './agreement';
export {
  type Calibration,
  type CalibrationOptions,
  calibrate,
  type Examples,
  type RangeRule,
  rangeRules,
} from './calibrate';
export { type DamageOptions, type LayerDamage, layerDamage } from './damage';
export { encodeInt8 } from './encode';
export { FakeQuantise, type QuantiserMode, quantiseActivations, quantiseKernel } from './fake-quantise';
export { answersClasses, type Figures, type FiguresOptions, figuresOf, type Predictor } from './figures';
export { activationGrid, type Grid, type Range } from './grid';
export { type Grids, type PlaceOptions, planPlaces } from './place-layers';
export type { Place, Places } from './places';
export { int8Weights, type PolishOptions, polish } from './polish';
export { type QuantiseOptions, quantiseNetwork } from './quantise-network';
export type { DamageReport, Int8Report, RuntimeCheck } from './report';
export { type Simulation, simulate } from './simulation';
export { type Spread, weightSpread } from './spread';
export { type Asked, type Given, tasksOf, usualExamples } from './steps';
export { reportTables, spreadTable } from './text';
