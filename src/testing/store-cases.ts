import { ok, strictEqual } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReleaseLock } from "../store/store.js";
import { comesTrue, held, isSoonAfter, lockTrial, type SessionStoreCase, trial } from "./store-trial.js";

/** Long enough for the slowest case and store; nothing stays even where a store cannot delete. */
const TTL_SECONDS = 30;
const BYTES = String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1));
const UNICODE = "é ß 漢字 🔑 \u2028 a\u0301";
const ODD_WORDS = [
  "a",
  "a:",
  ":a",
  "a b",
  "A",
  "a*",
  "a?",
  "[a]",
  "{a}",
  "a/../a",
  "a%20b",
  "\u0000a",
  'a"',
  "a\n",
  "é",
];

/**
 * Tests that a `SessionStore` does what its interface says, whatever the test runner. The cases take real time: expiry
 * cannot be hurried.
 *
 * @returns cases that are independent of each other. Those about locks pass where the store has no `lock`.
 *
 * @example
 * ```ts
 * for (const { name, run } of sessionStoreCases()) it(name, () => run(() => myStore));
 * ```
 */
export function sessionStoreCases(): readonly SessionStoreCase[] {
  return [...VALUES, ...LOCKS];
}

const VALUES: readonly SessionStoreCase[] = [
  trial("has nothing under a key that was never set", async ({ store, key }) => {
    strictEqual(await store.get(key("a")), undefined);
  }),
  trial("gives back exactly what was set", async ({ store, key }) => {
    for (const value of ["v", " v\r\n", "0", "null", "undefined", BYTES, UNICODE, "x".repeat(100_000)]) {
      await store.set(key("a"), value, TTL_SECONDS);
      strictEqual(await store.get(key("a")), value);
    }
  }),
  trial("puts a value in place of another", async ({ store, key }) => {
    await store.set(key("a"), "a longer one", TTL_SECONDS);
    await store.set(key("a"), "new", TTL_SECONDS);
    strictEqual(await store.get(key("a")), "new");
  }),
  trial("deletes one key and no other", async ({ store, key }) => {
    await store.set(key("a"), "1", TTL_SECONDS);
    await store.set(key("ab"), "2", TTL_SECONDS);
    await store.delete(key("a"));
    strictEqual(await store.get(key("a")), undefined);
    strictEqual(await store.get(key("ab")), "2");
  }),
  trial("deletes a key that is not there without an error", async ({ store, key }) => {
    await store.delete(key("a"));
    await store.delete(key("a"));
  }),
  trial("forgets a value when its time is over, not before", async ({ store, key }) => {
    const setAtMs = Date.now();
    await store.set(key("short"), "1", 1);
    const value = await store.get(key("short"));
    if (isSoonAfter(setAtMs)) strictEqual(value, "1");
    await store.set(key("long"), "2", TTL_SECONDS);
    ok(await comesTrue(async () => (await store.get(key("short"))) === undefined, 1_000), "it is still there");
    strictEqual(await store.get(key("long")), "2");
  }),
  trial("counts the time from when a value was last set", async ({ store, key }) => {
    await store.set(key("longer"), "1", 1);
    await store.set(key("longer"), "2", TTL_SECONDS);
    await store.set(key("shorter"), "1", TTL_SECONDS);
    await store.set(key("shorter"), "2", 1);
    ok(await comesTrue(async () => (await store.get(key("shorter"))) === undefined, 1_000), "it is still there");
    await sleep(200);
    strictEqual(await store.get(key("longer")), "2");
  }),
  trial("keeps keys apart, however alike", async ({ store, key }) => {
    for (const word of ODD_WORDS) await store.set(key(word), `value of ${word}`, TTL_SECONDS);
    for (const word of ODD_WORDS) strictEqual(await store.get(key(word)), `value of ${word}`);
    for (const word of ODD_WORDS) await store.delete(key(word));
    for (const word of ODD_WORDS) strictEqual(await store.get(key(word)), undefined);
  }),
  trial("does many things at once", async ({ store, key }) => {
    const words = Array.from({ length: 100 }, (_, index) => `many ${index}`);
    await Promise.all(words.map((word) => store.set(key(word), word, TTL_SECONDS)));
    const values = await Promise.all(words.map((word) => store.get(key(word))));
    strictEqual(values.join(), words.join());
    await Promise.all(words.map((word) => store.set(key("one"), word, TTL_SECONDS)));
    const last = await store.get(key("one"));
    ok(last !== undefined && words.includes(last), "a value that nobody set");
  }),
];

const LOCKS: readonly SessionStoreCase[] = [
  lockTrial("gives a lock to one at a time", async ({ lock, key }) => {
    const taken = await Promise.all(Array.from({ length: 10 }, () => lock(key("a"), TTL_SECONDS)));
    strictEqual(taken.filter((release) => release !== undefined).length, 1);
    strictEqual(await lock(key("a"), TTL_SECONDS), undefined);
    held(await lock(key("b"), TTL_SECONDS));
  }),
  lockTrial("gives a lock again once it was released", async ({ lock, key }) => {
    const release = held(await lock(key("a"), TTL_SECONDS));
    await release();
    held(await lock(key("a"), TTL_SECONDS));
  }),
  lockTrial("ends a lock when its time is over, not before", async ({ lock, key }) => {
    const takenAtMs = Date.now();
    held(await lock(key("a"), 1));
    const another = await lock(key("a"), 1);
    if (isSoonAfter(takenAtMs)) strictEqual(another, undefined);
    ok(await comesTrue(async () => (await lock(key("a"), TTL_SECONDS)) !== undefined, 1_000), "it is still held");
  }),
  lockTrial("does not release another's lock in place of one that has ended", async ({ lock, key }) => {
    const late = held(await lock(key("a"), 1));
    let release: ReleaseLock | undefined;
    const take = async () => {
      release = await lock(key("a"), TTL_SECONDS);
      return release !== undefined;
    };
    ok(await comesTrue(take, 1_000), "it is still held");
    await late();
    strictEqual(await lock(key("a"), TTL_SECONDS), undefined);
    await held(release)();
    await late(); // nobody holds it: no error
  }),
  lockTrial("keeps the lock and the value of a key apart", async ({ store, lock, key }) => {
    await store.set(key("a"), "value", TTL_SECONDS);
    const release = held(await lock(key("a"), TTL_SECONDS));
    strictEqual(await store.get(key("a")), "value");
    await store.delete(key("a"));
    strictEqual(await store.get(key("a")), undefined);
    strictEqual(await lock(key("a"), TTL_SECONDS), undefined);
    await store.set(key("a"), "new", TTL_SECONDS);
    await release();
    strictEqual(await store.get(key("a")), "new");
  }),
];
