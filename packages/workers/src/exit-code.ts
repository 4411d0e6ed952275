/** What a worker ends with when another one was lost: it can be started again. */
export const lostExitCode = 75;
