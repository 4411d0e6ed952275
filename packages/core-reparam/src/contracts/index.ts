export type * from './backbone';
export type * from './balancer';
export type * from './dataset';
export type * from './method';
export type * from './plugin';
export type * from './routine';
export type * from './site';
export type * from './task';
