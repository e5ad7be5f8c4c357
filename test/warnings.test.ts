import { spawnSync } from "node:child_process";
import { expect } from "chai";
import type { Observation } from "./support/warnings.js";

describe("What the operator is told", function () {
  this.timeout(60_000);
  let seen: ReadonlyMap<string, Observation>;
  before(() => {
    const program = ["--import", "tsx", "test/support/warnings.ts"];
    const { stdout, stderr } = spawnSync(process.execPath, program, { encoding: "utf8" });
    expect(stdout, stderr).not.to.equal("");
    const observations: Observation[] = JSON.parse(stdout);
    seen = new Map(observations.map((observation) => [observation.name, observation]));
  });

  const secret = (hook: string) => `Its message may hold secrets and is not shown: catch and log it in \`${hook}\`.`;
  const hooks: [hook: string, status: number, code: string][] = [
    ["getToken", 400, "invalid_request"],
    ["customCheck", 403, "forbidden"],
    ["isRevoked", 503, "store_unavailable"],
    ["authorize", 403, "forbidden"],
    ["requireClaim", 403, "forbidden"],
  ];
  const faults: [how: string, text: (hook: string) => string][] = [
    ["throws", (hook) => `\`${hook}\` threw LookupDown. ${secret(hook)}`],
    ["rejects", (hook) => `\`${hook}\` rejected with TypeError. ${secret(hook)}`],
    ["hangs", (hook) => `\`${hook}\` did not answer within \`requestTimeout\`.`],
  ];
  const rows = hooks.flatMap(([hook, status, code]) =>
    faults.map(([how, text]) => ({ name: `${hook} ${how}`, status, code, text: text(hook) })),
  );
  const undecided = {
    name: "isRevoked is undecided",
    status: 503,
    code: "store_unavailable",
    text: "`isRevoked` must answer true or false.",
  };
  for (const { name, status, code, text } of [...rows, undecided]) {
    it(`once, by class and not by message: ${name}`, () => {
      expect(seen.get(name)).to.deep.include({ status, code });
      expect(seen.get(name)?.warnings).to.deep.equal([
        ["hook_failed", `${text} Its requests are refused as \`${code}\`.`],
      ]);
      expect(seen.get(`${name} again`)).to.deep.include({ status, code, warnings: [] });
    });
  }

  it("nothing of an AuthError that a hook throws: it is an answer", () => {
    expect(seen.get("customCheck throws an AuthError")).to.deep.include({ code: "insufficient_group", warnings: [] });
  });

  it("no more than 500 things, whatever an application makes up", () => {
    const told = [...seen.values()].flatMap(({ warnings }) => warnings);
    expect(told).to.have.length(500);
    expect(new Set(told.map(([, text]) => text))).to.have.length(500);
  });

  const outages: [name: string, code: string, text: RegExp][] = [
    [
      "keys are refused",
      "jwks_unavailable",
      /^JWKS failed: NetworkError \(ECONNREFUSED\)\. Check that the server reaches/,
    ],
    [
      "GetId answers TooManyRequestsException",
      "credentials_unavailable",
      /^GetId failed: TooManyRequestsException \(HTTP 400\)\. Retry after/,
    ],
    [
      "GetId answers InternalErrorException",
      "credentials_unavailable",
      /^GetId failed: InternalErrorException \(HTTP 500\)\. Retry after/,
    ],
    [
      "GetCredentialsForIdentity answers TooManyRequestsException",
      "credentials_unavailable",
      /^GetCredentialsForIdentity failed: TooManyRequestsException \(HTTP 400\)\. Retry after/,
    ],
  ];
  for (const [name, code, text] of outages) {
    it(`once for each cause of a 503: ${name}`, () => {
      expect(seen.get(name)).to.include({ status: 503, code });
      expect(seen.get(name)?.warnings.map(([warned]) => warned)).to.deep.equal([code]);
      expect(seen.get(name)?.warnings[0]?.[1]).to.match(text);
      expect(seen.get(`${name} again`)).to.deep.include({ status: 503, code, warnings: [] });
    });
  }
});
