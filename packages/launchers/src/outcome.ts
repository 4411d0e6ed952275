/** How a run ended, as far as its launcher saw. */
export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string }
  /** By the signal of whoever launched it; its state is saved. */
  | { readonly kind: 'stopped' }
  /** It goes on, or waits for its turn, and is not waited for. */
  | { readonly kind: 'left' };
