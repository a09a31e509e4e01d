/**
 * Running promises in the order in which they break. Pure.
 *
 * Kept sorted by (deadline, key): ten thousand of them cost a change some fifteen comparisons and one move in an array, and a
 * page of the list is a slice. Nothing here knows the time; what is late is everything before an instant.
 */
export interface Promised {
  /** "CL-17/K_ARRIVE": one clock of one case runs once. */
  key: string
  deadline: number
}

export class Deadlines<T extends Promised> {
  private readonly sorted: T[] = []
  private readonly known = new Map<string, T>()

  get size(): number {
    return this.sorted.length
  }

  get(key: string): T | undefined {
    return this.known.get(key)
  }

  /** Adds it, or puts it where its deadline is now. */
  put(item: T): void {
    this.drop(item.key)
    this.known.set(item.key, item)
    this.sorted.splice(this.place(item), 0, item)
  }

  drop(key: string): void {
    const item = this.known.get(key)
    if (!item) return
    this.known.delete(key)
    this.sorted.splice(this.place(item), 1)
  }

  /** Everything at once: one sort instead of so many moves. */
  fill(items: Iterable<T>): void {
    this.known.clear()
    for (const item of items) this.known.set(item.key, item)
    this.sorted.splice(0, this.sorted.length, ...Array.from(this.known.values()).sort(before))
  }

  slice(from: number, to: number): T[] {
    return this.sorted.slice(from, to)
  }

  /** How many had to be kept before `at`: the deadline itself is still in time (R3). */
  late(at: number): number {
    return this.place({ key: '', deadline: at } as T)
  }

  /** How many fall due at or before `at`. */
  upTo(at: number): number {
    return this.place({ key: '', deadline: at + 1 } as T)
  }

  [Symbol.iterator](): Iterator<T> {
    return this.sorted[Symbol.iterator]()
  }

  private place(item: T): number {
    let from = 0
    let to = this.sorted.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (before(this.sorted[middle]!, item) < 0) from = middle + 1
      else to = middle
    }
    return from
  }
}

function before(a: Promised, b: Promised): number {
  return a.deadline - b.deadline || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
}
