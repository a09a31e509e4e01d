/**
 * Asks for the same thing again and again: what is touched while an answer is on its way has it asked for once more when that is there,
 * so that a busy city keeps no answer away, and an answer never takes the place of one to a later question.
 */
export class Turns {
  private asked = 0
  private busy = false
  private again = false
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `ask` shows what it gets only while mine() says that no later question was put. It never throws. */
  constructor(
    private readonly ask: (mine: () => boolean) => Promise<void>,
    private readonly wait: number,
  ) {}

  /** An answer is on its way. */
  get waits(): boolean {
    return this.busy
  }

  /** At once: an answer that is still on its way is none any more. */
  async now(): Promise<void> {
    const me = ++this.asked
    this.busy = true
    await this.ask(() => me === this.asked)
    if (me !== this.asked) return
    this.busy = false
    if (this.again) this.soon()
    this.again = false
  }

  /** What is shown may be old: with whatever else comes within the wait. */
  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.next()
    }, this.wait)
  }

  /** Now, or when the answer that is on its way is there. */
  next(): void {
    if (this.busy) this.again = true
    else void this.now()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.again = this.busy = false
    this.asked++
  }
}
