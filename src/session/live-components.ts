import type { Components } from "./components.js";

/** Engines that were neither closed nor forgotten, for gauges. Being in here keeps none of them alive. */
class LiveComponents {
  readonly #references = new WeakMap<Components, WeakRef<Components>>();
  readonly #live = new Set<WeakRef<Components>>();
  readonly #collected = new FinalizationRegistry((reference: WeakRef<Components>) => this.#live.delete(reference));

  add(components: Components): void {
    const reference = new WeakRef(components);
    this.#references.set(components, reference);
    this.#live.add(reference);
    this.#collected.register(components, reference);
  }

  delete(components: Components): void {
    const reference = this.#references.get(components);
    if (reference !== undefined) this.#live.delete(reference);
  }

  all(): Components[] {
    return [...this.#live].flatMap((reference) => reference.deref() ?? []);
  }
}

/** Of this process. */
export const liveComponents = new LiveComponents();
