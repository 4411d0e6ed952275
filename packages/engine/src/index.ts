export * from './errors';
export * from './keys';
export * from './optimisers';
export { type Key, philox4x32 } from './philox';
export * from './random';
export * from './schedule';
