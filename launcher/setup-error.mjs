/** What a reader can mend: `remedy` is a command or a sentence. Anything else is a bug. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}
