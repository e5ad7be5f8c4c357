import { type Attack, harmless, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";

const CLIENTS: readonly [string, (clientId: string) => unknown][] = [
  ["missing", () => undefined],
  ["null", () => null],
  ["empty", () => ""],
  ["a number", () => 7],
  ["true", () => true],
  ["of another app", () => "another"],
  ["a list of it", (client) => [client]],
  ["a list of it and another", (client) => [client, "another"]],
  ["an empty list", () => []],
  ["an object with it", (client) => ({ 0: client, length: 1 })],
  ["in upper case", (client) => client.toUpperCase()],
  ["with a space after it", (client) => `${client} `],
  ["with a NUL after it", (client) => `${client}\0`],
  ["cut short", (client) => client.slice(0, -1)],
  ["with a character more", (client) => `${client}0`],
  ["joined with another by a comma", (client) => `${client},another`],
  ["joined with another by a space", (client) => `${client} another`],
  ["a star", () => "*"],
  ["the name constructor", () => "constructor"],
  ["the name __proto__", () => "__proto__"],
  ["the name has", () => "has"],
];

const anyClient = (w: World) => ({ options: { ...w.options, clientId: null } });

export const clientAttacks: readonly Attack[] = [
  ...CLIENTS.map(([name, make]) =>
    refused(
      `a client_id ${name} is refused`,
      (w) => bearer(w.access({ client_id: make(w.cognito.options.clientId) })),
      "invalid_claims",
      { claim: "client_id" },
    ),
  ),
  ...CLIENTS.map(([name, make]) =>
    refused(
      `the aud of an ID token ${name} is refused`,
      (w) => bearer(w.id({ aud: make(w.cognito.options.clientId) })),
      "invalid_claims",
      { claim: "aud" },
    ),
  ),
  refused(
    "a right aud does not stand in for the client_id of an access token",
    (w) => bearer(w.access({ client_id: undefined, aud: w.cognito.options.clientId })),
    "invalid_claims",
    { claim: "client_id" },
  ),
  refused(
    "a right client_id does not stand in for the aud of an ID token",
    (w) => bearer(w.id({ aud: undefined, client_id: w.cognito.options.clientId })),
    "invalid_claims",
    { claim: "aud" },
  ),
  refused(
    "a right azp does not stand in for the aud of an ID token",
    (w) => bearer(w.id({ aud: "another", azp: w.cognito.options.clientId })),
    "invalid_claims",
    { claim: "aud" },
  ),
  ...["missing", "empty", "a list of it"].map((name) =>
    refused(
      `a client_id ${name} is refused where every app client is taken`,
      (w) => bearer(w.access({ client_id: CLIENTS.find(([each]) => each === name)?.[1]("any") })),
      "invalid_claims",
      { claim: "client_id", app: anyClient },
    ),
  ),
  harmless(
    "the resource in the aud of an access token is not its app client",
    (w) => bearer(w.good({ aud: ["https://api.example.com", "another"] })),
    ADA,
  ),
];
