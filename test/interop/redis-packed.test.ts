import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { startRedis } from "./support/redis.js";
import { scratchProject } from "./support/scratch-project.js";
import { stopServers } from "./support/server-process.js";

const run = promisify(execFile);
const NPM_ARGS = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
const PROGRAM = `
  import { ConfigurationError } from "cognito-auth-session";
  import { redisStore } from "cognito-auth-session/redis";
  const store = redisStore({ url: process.argv[2] });
  try {
    await store.set("a", "1", 10);
    const release = await store.lock("a", 10);
    const another = await store.lock("a", 10);
    await release();
    console.log(await store.get("a"), another, typeof (await store.lock("a", 1)));
  } catch (error) {
    console.log(error instanceof ConfigurationError, error.message);
  }
  await store.close();
`;

describe("the packed package's redisStore", function () {
  this.timeout(120_000);
  let folder: string;
  let url: string;
  const output = async () => (await run(process.execPath, ["store.mjs", url], { cwd: folder, timeout: 20_000 })).stdout;

  before(async function () {
    this.timeout(400_000); // packs and installs
    folder = await scratchProject();
    await writeFile(join(folder, "store.mjs"), PROGRAM);
    ({ url } = await startRedis());
  });
  after(async () => {
    await run("npm", ["uninstall", "redis", ...NPM_ARGS], { cwd: folder });
    await stopServers();
  });

  it("says what to install where redis is not", async () => {
    expect(await output()).to.equal("true redisStore: url needs the package redis. Run: npm install redis\n");
  });

  for (const version of ["4.7.0", "5.0.0", "6"]) {
    it(`works with redis ${version}, and lets the process end`, async () => {
      await run("npm", ["install", `redis@${version}`, ...NPM_ARGS], { cwd: folder });
      expect(await output()).to.equal("1 undefined function\n");
    });
  }
});
