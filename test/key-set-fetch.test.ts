import { readFileSync } from "node:fs";
import http, { type IncomingHttpHeaders, type RequestListener } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { AuthError, type JsonWebKeySet, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { cli, environmentOf } from "./support/cli.js";
import { withRawServer, withServer, withTlsServer } from "./support/raw-http.js";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

describe("A key set is fetched", () => {
  let cognito: LocalCognito;
  let keys: JsonWebKeySet;

  before(async () => {
    cognito = await LocalCognito.start();
    keys = (await (await fetch(cognito.options.jwksUri)).json()) as JsonWebKeySet;
  });
  after(() => cognito.stop());

  /** What `warmUp` makes of a server: why it failed, or "ready". */
  async function outcomeOf(jwksUri: string, requestTimeout = 5000): Promise<string> {
    const sessions = new SessionManager({ ...cognito.options, jwksUri, identityPoolId: null, requestTimeout });
    try {
      await sessions.warmUp();
      return "ready";
    } catch (error) {
      expect(error).to.be.instanceOf(AuthError).that.includes({ code: "jwks_unavailable" });
      return String((error as AuthError & { cause: Error }).cause.message);
    } finally {
      await sessions.close();
    }
  }

  const ofServer = (listener: RequestListener) =>
    withServer(listener, (port) => outcomeOf(`http://127.0.0.1:${port}/jwks.json`));

  it("as JSON that is not compressed, by one request on a connection that ends with it", async () => {
    const headers: IncomingHttpHeaders[] = [];
    const outcome = await ofServer((request, response) => {
      headers.push(request.headers);
      response.end(JSON.stringify(keys));
    });
    expect(outcome).to.equal("ready");
    expect(headers).to.have.length(1);
    expect(headers[0]).to.include({
      accept: "application/json",
      "accept-encoding": "identity",
      "user-agent": "cognito-auth-session",
      connection: "close",
    });
  });

  it("however its bytes come", async () => {
    const text = Buffer.from(JSON.stringify({ ...keys, note: "ключи" }));
    const outcome = await ofServer(async (_request, response) => {
      for (let at = 0; at < text.length; at += 1 + Math.floor(text.length / 50)) {
        response.write(text.subarray(at, at + 1 + Math.floor(text.length / 50)));
        await new Promise(setImmediate);
      }
      response.end();
    });
    expect(outcome).to.equal("ready");
  });

  describe("or not, for a reason that names no host and quotes nobody:", () => {
    const answering = (text: string | Buffer) => (socket: Socket) => void socket.end(text);
    const staying = (text: string) => (socket: Socket) => void socket.write(text);
    const compressed = () => {
      const body = gzipSync(JSON.stringify(keys));
      return Buffer.concat([
        Buffer.from(`${HEAD}Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`),
        body,
      ]);
    };
    const cases: readonly (readonly [string, (socket: Socket) => void, string])[] = [
      [
        "a redirect",
        staying("HTTP/1.1 302 Found\r\nLocation: /keys\r\nContent-Length: 0\r\n\r\n"),
        "UnexpectedStatus (HTTP 302)",
      ],
      [
        "an endless page of 503",
        staying("HTTP/1.1 503 Sorry\r\nContent-Length: 9999999\r\n\r\n<html>"),
        "UnexpectedStatus (HTTP 503)",
      ],
      [
        "another protocol's offer",
        staying("HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        "NetworkError",
      ],
      [
        "early hints and nothing else",
        staying("HTTP/1.1 103 Hints\r\nLink: </keys>\r\n\r\n".repeat(50)),
        "TimeoutError",
      ],
      ["half a head", staying("HTTP/1.1 200 OK\r\nContent-"), "TimeoutError"],
      ["half a body", staying(`${HEAD}Content-Length: 100\r\n\r\n{"keys":`), "TimeoutError"],
      [
        "half a body, then the end",
        answering(`${HEAD}Content-Length: 100\r\n\r\n{"keys":`),
        "NetworkError (ECONNRESET)",
      ],
      [
        "half a chunk",
        answering(`${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\n{"keys":`),
        "NetworkError (ECONNRESET)",
      ],
      ["half a text", answering(`${HEAD}Connection: close\r\n\r\n{"keys":`), "UnreadableAnswer (HTTP 200)"],
      [
        "the head of a chunk that is none",
        staying(`${HEAD}Transfer-Encoding: chunked\r\n\r\nkeys\r\n`),
        "NetworkError (ECONNRESET)",
      ],
      ["another protocol", staying("SSH-2.0-OpenSSH_9.7\r\n"), "NetworkError"],
      ["a head of 100 KB", staying(`${HEAD}X: ${"x".repeat(100_000)}\r\n\r\n`), "NetworkError"],
      ["a good set, compressed", (socket) => void socket.write(compressed()), "UnreadableAnswer (HTTP 200)"],
      ["300 KB of blanks", staying(`${HEAD}Content-Length: 9999999\r\n\r\n${" ".repeat(300_000)}`), "AnswerTooLarge"],
    ];
    for (const [name, answer, reason] of cases) {
      it(`${name} is ${reason}, and the connection ends`, async () => {
        const ends: Promise<unknown>[] = [];
        const outcome = await withRawServer(
          (socket) => {
            ends.push(new Promise((resolve) => socket.once("close", resolve)));
            socket.resume().once("data", () => answer(socket));
          },
          async (port) => {
            const timeout = reason === "TimeoutError" ? 800 : undefined;
            const reached = await outcomeOf(`http://127.0.0.1:${port}/jwks.json`, timeout);
            await Promise.all(ends);
            return reached;
          },
        );
        expect(outcome).to.equal(`JWKS failed: ${reason}`);
        expect(ends).to.not.be.empty;
      });
    }

    it("nobody there", async () => {
      const port = await withServer(
        () => {},
        async (free) => free,
      );
      expect(await outcomeOf(`http://127.0.0.1:${port}/jwks.json`)).to.equal(
        "JWKS failed: NetworkError (ECONNREFUSED)",
      );
    });

    it("a server that does not speak TLS", async () => {
      const outcome = await withServer(
        () => {},
        (port) => outcomeOf(`https://127.0.0.1:${port}/jwks.json`),
      );
      expect(outcome).to.match(/^JWKS failed: NetworkError/);
      expect(outcome).to.not.include("127.0.0.1");
    });
  });

  describe("over TLS, where nobody known vouches for the certificate:", () => {
    /** For 127.0.0.1, until 2126. */
    const CERTIFICATE = join(import.meta.dirname, "fixtures", "self-signed.pem");
    const pem = readFileSync(CERTIFICATE);
    let asked: number;

    const ofTlsServer = <T>(outcome: (jwksUri: string) => Promise<T>): Promise<T> => {
      asked = 0;
      return withTlsServer(
        (_request, response) => {
          asked += 1;
          response.end(JSON.stringify(keys));
        },
        (port) => outcome(`https://127.0.0.1:${port}/jwks.json`),
        { key: pem, cert: pem },
      );
    };

    it("not", async () => {
      const outcome = await ofTlsServer(outcomeOf);
      expect(outcome).to.equal("JWKS failed: NetworkError (DEPTH_ZERO_SELF_SIGNED_CERT)");
      expect(asked).to.equal(0);
    });

    it("not, where the application takes any certificate by its global agent", async () => {
      const { globalAgent } = https;
      https.globalAgent = new https.Agent({ rejectUnauthorized: false });
      try {
        expect(await ofTlsServer(outcomeOf)).to.include("DEPTH_ZERO_SELF_SIGNED_CERT");
      } finally {
        https.globalAgent = globalAgent;
      }
      expect(asked).to.equal(0);
    });

    it("where NODE_EXTRA_CA_CERTS does", async () => {
      const input = cognito.signToken({ tokenUse: "id" });
      for (const [env, verified] of [
        [{}, false],
        [{ NODE_EXTRA_CA_CERTS: CERTIFICATE }, true],
      ] as const) {
        const { stdout } = await ofTlsServer((jwksUri) =>
          cli(["decode", "--verify", "--json"], {
            input,
            env: { ...environmentOf({ ...cognito.options, jwksUri }), ...env },
          }),
        );
        expect(JSON.parse(stdout)).to.include({ verified });
        expect(asked).to.equal(Number(verified));
      }
    });
  });

  describe("whatever the application's own connections may do:", () => {
    const own = http.globalAgent;
    afterEach(() => {
      http.globalAgent = own;
    });

    it("its global agent is not asked", async () => {
      http.globalAgent = new (class extends http.Agent {
        override createConnection(): never {
          throw new Error("not for keys");
        }
      })();
      expect(await outcomeOf(cognito.options.jwksUri)).to.equal("ready");
    });

    it("a global agent that looks like no other is no trouble", async () => {
      for (const agent of [{}, { options: null }]) {
        http.globalAgent = agent as unknown as http.Agent;
        expect(await outcomeOf(cognito.options.jwksUri)).to.equal("ready");
      }
    });

    it("a proxy that Node was told of is used as fetch uses it, with all the same bounds", async () => {
      const { fetch: ownFetch } = globalThis;
      const { NODE_USE_ENV_PROXY: ownSetting } = process.env;
      const asked: unknown[] = [];
      globalThis.fetch = (uri, init) => {
        asked.push([uri, init?.redirect]);
        return ownFetch(uri, init);
      };
      process.env.NODE_USE_ENV_PROXY = "1";
      try {
        const { jwksUri } = cognito.options;
        expect(await outcomeOf(jwksUri)).to.equal("ready");
        expect(asked).to.deep.equal([[jwksUri, "error"]]);
        expect(await ofServer((_, res) => res.writeHead(302, { location: jwksUri }).end())).to.match(/NetworkError/);
        expect(await ofServer((_, res) => res.writeHead(206).end(JSON.stringify(keys)))).to.match(/UnexpectedStatus/);
        expect(await ofServer((_, res) => void res.write(" ".repeat(300_000)))).to.match(/AnswerTooLarge/);
        const silent = (port: number) => outcomeOf(`http://127.0.0.1:${port}/jwks.json`, 300);
        expect(await withServer(() => {}, silent)).to.match(/TimeoutError/);
      } finally {
        globalThis.fetch = ownFetch;
        if (ownSetting === undefined) delete process.env.NODE_USE_ENV_PROXY;
        else process.env.NODE_USE_ENV_PROXY = ownSetting;
      }
    });

    // Node 20 has none, and its types know nothing of it.
    const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: (env: object) => () => void };
    if (setGlobalProxyFromEnv !== undefined) {
      it("a proxy that was set later is used too", async () => {
        const asked: string[] = [];
        const refusing = (socket: Socket) => {
          socket.once("data", (head) => {
            asked.push(String(head).split("\r\n", 1).join());
            socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
          });
        };
        await withRawServer(refusing, async (port) => {
          const restore = setGlobalProxyFromEnv({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
          try {
            expect(await outcomeOf("https://keys.invalid/jwks.json")).to.match(/^JWKS failed: NetworkError/);
          } finally {
            restore();
          }
        });
        expect(asked).to.deep.equal(["CONNECT keys.invalid:443 HTTP/1.1"]);
      });
    }
  });
});
