/** Users by how recently they were looked at, bounded, each with two times. Like `LRUCache`, for millions of looks a second. */
export class RecentUsers {
  readonly #slotOf: Int32Array;
  readonly #userOf: Int32Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #refreshFrom: Float64Array;
  readonly #expiresAt: Float64Array;
  #size = 0;
  #oldest = -1;
  #newest = -1;

  constructor(users: number, max: number) {
    this.#slotOf = new Int32Array(users).fill(-1);
    this.#userOf = new Int32Array(max);
    this.#older = new Int32Array(max);
    this.#newer = new Int32Array(max);
    this.#refreshFrom = new Float64Array(max);
    this.#expiresAt = new Float64Array(max);
  }

  /** Where a user's times are; -1 where they are not known. */
  find(user: number): number {
    const slot = this.#slotOf[user] ?? -1;
    if (slot >= 0 && slot !== this.#newest) {
      this.#unlink(slot);
      this.#append(slot);
    }
    return slot;
  }

  refreshFrom(slot: number): number {
    return this.#refreshFrom[slot] ?? 0;
  }

  expiresAt(slot: number): number {
    return this.#expiresAt[slot] ?? 0;
  }

  put(user: number, refreshFrom: number, expiresAt: number): void {
    const known = this.find(user);
    const slot = known >= 0 ? known : this.#claim(user);
    this.#refreshFrom[slot] = refreshFrom;
    this.#expiresAt[slot] = expiresAt;
  }

  clear(): void {
    this.#slotOf.fill(-1);
    this.#size = 0;
    this.#oldest = -1;
    this.#newest = -1;
  }

  #claim(user: number): number {
    let slot = this.#size;
    if (this.#size < this.#userOf.length) this.#size += 1;
    else {
      slot = this.#oldest;
      this.#slotOf[this.#userOf[slot] ?? 0] = -1;
      this.#unlink(slot);
    }
    this.#userOf[slot] = user;
    this.#slotOf[user] = slot;
    this.#append(slot);
    return slot;
  }

  #append(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = -1;
    if (this.#newest >= 0) this.#newer[this.#newest] = slot;
    else this.#oldest = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot] ?? -1;
    const newer = this.#newer[slot] ?? -1;
    if (older >= 0) this.#newer[older] = newer;
    else this.#oldest = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#newest = older;
  }
}
