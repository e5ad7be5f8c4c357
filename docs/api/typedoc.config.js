import { readFileSync } from "node:fs";

/** Every entry point that package.json exports: `./dist/koa.d.ts` is made of `src/koa.ts`. */
const { exports } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const entryPoints = Object.values(exports)
  .map(({ types }) => types?.replace(/^\.\/dist\/(.+)\.d\.ts$/, "../../src/$1.ts"))
  .filter((entryPoint) => entryPoint !== undefined);

export default {
  name: "cognito-auth-session",
  entryPoints,
  tsconfig: "tsconfig.json",
  out: "reference",
  readme: "none",
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  // What is exported has a sentence, and what a sentence links to is there.
  validation: { notExported: false, notDocumented: true, invalidLink: true, rewrittenLink: true },
  requiredToBeDocumented: ["Class", "Interface", "Function", "TypeAlias", "Variable", "Method", "Property", "Accessor"],
  // Members of an event stand under the sentence that the event has; what a type inherits through `Omit` has its own there.
  intentionallyNotDocumented: [
    ...["type", "error", "identityId", "expiration", "target"].map((name) => `index.SessionEvent.__type.${name}`),
    "fetch.FetchSessionOptions.isRevoked",
  ],
  treatValidationWarningsAsErrors: true,
  treatWarningsAsErrors: true,
};
