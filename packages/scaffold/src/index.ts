export { type FirstConfig, firstConfig } from './first-config';
export { type ScaffoldKind, scaffoldKinds } from './kinds';
export { type Scaffolded, type ScaffoldOptions, scaffold } from './scaffold';
