import { browserDefences } from "./defences-browser.js";
import { credentialDefences } from "./defences-credentials.js";
import { fleetDefences } from "./defences-fleet.js";
import { keyDefences } from "./defences-keys.js";
import { sessionDefences } from "./defences-session.js";
import { tokenDefences } from "./defences-tokens.js";

/** A defence, how it is taken away, and which tests must then fail. */
export interface Defence {
  /** In `src`. */
  readonly file: string;
  /** Text that stands in the file, exactly once. */
  readonly source: string;
  readonly replacement: string;
  /** A group of the corpus, or a test file's name. */
  readonly noticedBy: { readonly group: string } | { readonly test: string };
}

/** Rows of a table: text, replacement, and who notices. */
export type DefenceRow = readonly [source: string, replacement: string, noticedBy: Defence["noticedBy"]];

/** Every defence that is taken away, one at a time. */
export const DEFENCES: readonly Defence[] = [
  tokenDefences,
  keyDefences,
  sessionDefences,
  credentialDefences,
  fleetDefences,
  browserDefences,
].flatMap((table) =>
  Object.entries(table).flatMap(([file, rows]) =>
    rows.map(([source, replacement, noticedBy]) => ({ file, source, replacement, noticedBy })),
  ),
);
