/**
 * A page of a training run or a comparison that follows it while it trains, served to this machine only.
 *
 * @packageDocumentation
 */
export { type FollowOptions, followRun, type Watched, type WatchedRun } from './follow';
export { type LivePage, type LivePageOptions, serveLivePage } from './live-page';
