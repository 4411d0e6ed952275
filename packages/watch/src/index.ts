/**
 * A page of a training run that follows it while it trains, served to this machine only.
 *
 * @packageDocumentation
 */
export { type FollowOptions, followRun, type WatchedRun } from './follow';
export { type LivePage, type LivePageOptions, serveLivePage } from './live-page';
