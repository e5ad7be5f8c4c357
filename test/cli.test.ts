import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { signedHeaders } from "../src/cli/doctor/signed-request.js";
import { COMMANDS } from "../src/cli/main.js";
import { Terminal } from "../src/cli/terminal.js";
import { cli, environmentOf, start, textOf } from "./support/cli.js";

const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
const DOCUMENT = readFileSync("docs/cli.md", "utf8");

describe("cognito-auth-session, the command", function () {
  this.timeout(30_000);

  it("says its version, and how it is used", async () => {
    expect(await cli(["--version"])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await cli(["--help"]);
    expect([help.code, help.stderr]).to.deep.equal([0, ""]);
    for (const { name } of COMMANDS) expect(help.stdout).to.contain(`  ${name}`);
    expect(await cli([])).to.deep.equal({ code: 2, stdout: "", stderr: help.stdout });
  });

  it("has its help in the documentation, as it is printed", async () => {
    for (const args of [[], ...COMMANDS.map(({ name }) => [name])]) {
      const { code, stdout } = await cli([...args, "--help"]);
      expect(code).to.equal(0);
      expect(DOCUMENT).to.contain(`\`\`\`text\n${stdout}\`\`\``);
    }
    expect((await cli(["help", "decode"])).stdout).to.equal((await cli(["decode", "-h"])).stdout);
  });

  const token = `eyJ${"a".repeat(60)}`;
  for (const { args, says } of [
    {
      args: ["doctro"],
      says: "There is no command `doctro`. Did you mean `doctor`? There are: doctor, decode, local.",
    },
    { args: ["xyzzy"], says: "There is no command `xyzzy`. There are: doctor, decode, local." },
    {
      args: [token],
      says: "There is no command. To look into a token: `cognito-auth-session decode`. There are: doctor, decode, local.",
    },
    { args: ["doctor", "--clientid", "x"], says: "There is no option `--clientid`. Did you mean `--client-id`?" },
    { args: ["decode", "--token", token], says: "There is no option `--token`." },
    { args: ["--verison"], says: "There is no option `--verison`. Did you mean `--version`?" },
    { args: ["doctor", "--issuer"], says: "`--issuer` needs a value." },
    { args: ["doctor", "--issuer", "--json"], says: "`--issuer` needs a value." },
    { args: ["doctor", "--json=yes"], says: "`--json` takes no value." },
    { args: ["doctor", "--issuer", "a", "--issuer", "b"], says: "`--issuer` was given twice." },
    { args: ["doctor", token], says: "This command takes no argument beside its options." },
    { args: ["decode", token, token], says: "This command takes one argument beside its options." },
    { args: ["doctor", "--timeout", "soon"], says: "`--timeout` takes a number." },
    { args: ["local", "--port", "70000"], says: "`--port` takes a number up to 65535." },
    {
      args: ["local", "--user", "a:x", "--user", "a:y"],
      says: "`--user` names one user twice: put all groups into one.",
    },
    { args: ["local", "--user", "a\u001b[2Jb"], says: "`--user` takes a name, or name:group1,group2." },
  ]) {
    it(`answers ${args.join(" ").replaceAll(token, "<token>").slice(0, 60)} with: ${says.slice(0, 40)}…`, async () => {
      expect(await cli(args)).to.deep.equal({ code: 2, stdout: "", stderr: `${says}\n` });
    });
  }

  describe("colour", () => {
    const coloured = async (env: Record<string, string>) =>
      (await cli(["doctor"], { env })).stdout.includes("\u001b[31mfail\u001b[39m");

    it("is for terminals, unless the environment says otherwise", async () => {
      expect(await coloured({})).to.equal(false);
      expect(await coloured({ FORCE_COLOR: "1" })).to.equal(true);
      expect(await coloured({ FORCE_COLOR: "0" })).to.equal(false);
      expect(await coloured({ FORCE_COLOR: "1", NO_COLOR: "1" }), "as in Node").to.equal(true);
    });

    for (const [env, isColoured] of [
      [{}, true],
      [{ NO_COLOR: "" }, true],
      [{ NO_COLOR: "1" }, false],
      [{ TERM: "dumb" }, false],
    ] as const) {
      it(`is ${isColoured ? "shown" : "not shown"} on a terminal with ${JSON.stringify(env)}`, () => {
        const stdout = Object.assign(new PassThrough(), { isTTY: true });
        const terminal = new Terminal({ stdin: new PassThrough(), stdout, stderr: new PassThrough() }, env);
        expect(terminal.paint("red", "x")).to.equal(isColoured ? "\u001b[31mx\u001b[39m" : "x");
      });
    }
  });

  it("breaks sentences between words on a terminal, and nowhere else", () => {
    const shown = (stdout: PassThrough) => {
      const terminal = new Terminal({ stdin: new PassThrough(), stdout, stderr: new PassThrough() }, { NO_COLOR: "1" });
      terminal.sentence("fail  ", 6, "The key set cannot be fetched: nothing listens there.");
      return String(stdout.read());
    };
    expect(shown(Object.assign(new PassThrough(), { isTTY: true, columns: 50 }))).to.equal(
      "fail  The key set cannot be fetched: nothing\n      listens there.\n",
    );
    expect(shown(new PassThrough())).to.equal("fail  The key set cannot be fetched: nothing listens there.\n");
  });

  describe("a wait", () => {
    const shownDuring = async (isTTY: boolean) => {
      const stderr = Object.assign(new PassThrough(), { isTTY });
      const terminal = new Terminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr }, {});
      const shown = textOf(stderr);
      let finish = () => {};
      const waiting = terminal.wait("Waiting", new Promise<void>((resolve) => (finish = resolve)));
      if (isTTY) await once(stderr, "data");
      finish();
      await waiting;
      await new Promise(setImmediate);
      return shown();
    };

    it("is shown on a terminal, and goes away", async () => {
      const shown = await shownDuring(true);
      expect(shown).to.contain("| Waiting");
      expect(shown.endsWith("\r\u001b[2K")).to.equal(true);
    });

    it("is not shown anywhere else", async () => {
      expect(await shownDuring(false)).to.equal("");
    });
  });

  it("signs as AWS' own example does", () => {
    // IAM User Guide, "Create a signed AWS API request": GET iam ListUsers of 2015-08-30.
    const { authorization } = signedHeaders(
      {
        method: "GET",
        url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
        headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
        body: "",
        region: "us-east-1",
        service: "iam",
        nowMs: Date.UTC(2015, 7, 30, 12, 36),
      },
      { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    );
    expect(authorization).to.equal(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, " +
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    );
  });

  describe("local", () => {
    const running: ChildProcess[] = [];
    const run = async (end: string, ...args: string[]) => {
      const child = start(["local", ...args]);
      running.push(child);
      const stdout = textOf(child.stdout);
      while (!stdout().endsWith(end)) if (child.stdout) await once(child.stdout, "data");
      return { child, stdout };
    };
    const stop = async (child: ChildProcess, signal: NodeJS.Signals) => {
      child.kill(signal);
      const [code] = await once(child, "close");
      return code;
    };
    afterEach(() => {
      for (const child of running.splice(0)) child.kill("SIGKILL");
    });

    it("runs a Cognito that the doctor finds well, with tokens of its users, until it is stopped", async () => {
      const { child, stdout } = await run(
        "}\n",
        "--json",
        "--user",
        "ada:admin,finance",
        "--user",
        "rob",
        "--groups",
        "staff",
      );
      const { environment, options, users } = JSON.parse(stdout());
      expect(environment).to.deep.equal(environmentOf(options));
      expect(
        users.map(({ username, groups }: { username: string; groups: string[] }) => [username, groups]),
      ).to.deep.equal([
        ["ada", ["admin", "finance", "staff"]],
        ["rob", ["staff"]],
      ]);
      for (const { idToken } of users) {
        const { code, stdout: report } = await cli(["doctor", "--token", "-"], { input: idToken, env: environment });
        expect([code, report.split("\n").at(-2)]).to.deep.equal([0, "11 passed, 0 warnings, 0 failed."]);
      }
      expect(await stop(child, "SIGTERM")).to.equal(0);
    });

    it("prints what to put into the environment and the options, and stops at Ctrl-C", async () => {
      const { child, stdout } = await run("Ctrl-C stops it.\n");
      expect(stdout())
        .to.match(/^COGNITO_USER_POOL_ID=eu-west-1_\w+$/m)
        .and.match(/^ADA_ID_TOKEN=eyJ[\w.-]+$/m);
      expect(stdout()).to.contain('authSession({\n  userPoolId: "eu-west-1_').and.contain("# nia: no group");
      expect(await stop(child, "SIGINT")).to.equal(0);
      expect(stdout()).to.match(/\nStopped\.\n$/);
    });

    it("serves the playground beside it, for the same users and their Cognito", async () => {
      const { child, stdout } = await run("}\n", "--json", "--user", "zoe:pilots");
      const { pageUrl, url, users } = JSON.parse(stdout());
      const page = await fetch(pageUrl);
      expect([page.status, page.headers.get("content-type")?.split(";")[0]]).to.deep.equal([200, "text/html"]);
      const headers = { authorization: `Bearer ${users[0].idToken}` };
      expect(await (await fetch(`${pageUrl}/me`, { headers })).text()).to.contain("zoe");
      expect(await stop(child, "SIGTERM")).to.equal(0);
      for (const gone of [pageUrl, url]) {
        expect(await fetch(gone).catch((error: Error) => error.name), gone).to.equal("TypeError");
      }
    });

    for (const flag of ["--port", "--page-port"]) {
      it(`says so where the port of ${flag} is taken`, async () => {
        const other = await LocalCognito.start();
        const { port } = new URL(other.options.userPoolEndpoint);
        const { code, stderr } = await cli(["local", flag, port]);
        expect(code).to.equal(1);
        expect(stderr)
          .to.contain(`Port ${port} cannot be used`)
          .and.contain(`${flag} ${Number(port) + 1}`);
        await other.stop();
      });
    }

    it("ends quietly when nobody reads any more", async () => {
      const child = start(["local"]);
      running.push(child);
      const complaints = textOf(child.stderr);
      child.stdout?.destroy();
      const [code] = await once(child, "close");
      // As shells tell of other programs that a closed pipe ended. Not 0: there was no verdict.
      expect([code, complaints()]).to.deep.equal([141, ""]);
    });
  });
});
