export { type ScaffoldKind, scaffoldKinds } from './kinds';
export { type Scaffolded, type ScaffoldOptions, scaffold } from './scaffold';
