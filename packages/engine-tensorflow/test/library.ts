import { locate } from '../src/library';

const there = await locate().then(
  () => true,
  () => false,
);

/**
 * Whether TensorFlow's library is there to test with; says so on the terminal where it is not. Without it nothing of
 * this package but the search for it can be tested.
 */
export function libraryIsThere(): boolean {
  if (!there) {
    console.warn(
      '\n*** SKIPPED: TensorFlow is not installed, so the native backend is not tested. Install it with ' +
        '`overparam engine install`, or set OVERPARAM_TENSORFLOW to the folder of its libraries. ***\n',
    );
  }
  return there;
}
