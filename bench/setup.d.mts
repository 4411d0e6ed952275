/** Says what is missing and how to get it. */
export declare class PeerSetupError extends Error {}

/**
 * The Python that runs the peers, made first where it is not there yet.
 *
 * @throws PeerSetupError with what to do
 */
export declare function peerPython(): string;
