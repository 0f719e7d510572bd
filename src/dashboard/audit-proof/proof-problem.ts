/** What does not fit, for the person who asked: one sentence. */
export class ProofProblem extends Error {}
