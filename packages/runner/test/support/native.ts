import { locate } from '@overparam/engine-tensorflow/library';

/** Whether the native engine is there to test with; where it is not, the terminal says what is left out. */
export async function hasNativeEngine(what: string): Promise<boolean> {
  try {
    await locate();
    return true;
  } catch (error) {
    console.warn(
      `\n*** SKIPPED: ${what} is not tested on the native engine: ${(error as Error).message} ***\n`,
    );
    return false;
  }
}
