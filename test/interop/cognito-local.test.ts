import { expect } from "chai";
import { startApp } from "./support/app.js";
import { ask, expectRefused } from "./support/ask.js";
import { startCognitoLocal } from "./support/cognito-local.js";
import { EmulatedPool, type Tokens } from "./support/emulated-pool.js";
import { scratchProject } from "./support/scratch-project.js";
import { stopServers } from "./support/server-process.js";

const ADA = "ada@example.com"; // an admin
const ROB = "rob@example.com"; // a reader

describe("the packed package with tokens of cognito-local", () => {
  let emulator: string;
  let pool: EmulatedPool;
  let clientId: string;
  let shortLivedClientId: string;
  let ada: Tokens;
  let rob: Tokens;
  let app: string;

  before(async function () {
    this.timeout(400_000); // packs and installs
    await scratchProject();
    emulator = await startCognitoLocal();
    pool = await EmulatedPool.create(emulator, ["admin", "reader"]);
    clientId = await pool.addClient();
    // Tokens that have expired before they are issued: cognito-local does not mind, and nobody needs to wait.
    shortLivedClientId = await pool.addClient({
      AccessTokenValidity: -1,
      IdTokenValidity: -1,
      TokenValidityUnits: { AccessToken: "hours", IdToken: "hours" },
    });
    await pool.addUser(ADA, "admin", "reader");
    await pool.addUser(ROB, "reader");
    ada = await pool.signIn(clientId, ADA);
    rob = await pool.signIn(clientId, ROB);
    app = await startApp({
      COGNITO_USER_POOL_ID: pool.id,
      COGNITO_CLIENT_ID: `${clientId},${shortLivedClientId}`,
      COGNITO_ISSUER: `${emulator}/${pool.id}`,
    });
  });

  after(async () => {
    pool?.close();
    await stopServers();
  });

  it("takes an access token", async () => {
    const { status, body } = await ask(`${app}/me`, { bearer: ada.accessToken });
    expect(body).to.deep.include({ clientId, userPoolId: pool.id, scopes: ["aws.cognito.signin.user.admin"] });
    expect(body).to.have.property("groups").with.members(["admin", "reader"]);
    expect(body).to.have.property("userSub", claimsOf(ada.accessToken).sub);
    expect(body).not.to.have.property("email");
    expect(status).to.equal(200);
  });

  it("takes an ID token", async () => {
    const { status, body } = await ask(`${app}/me`, { bearer: rob.idToken });
    expect(body).to.deep.include({ clientId, email: ROB, groups: ["reader"], scopes: [] });
    expect(body).to.have.property("userSub", claimsOf(rob.idToken).sub);
    expect(status).to.equal(200);
  });

  it("takes both tokens of a sign-in together", async () => {
    const { status, body } = await ask(`${app}/me`, { bearer: rob.accessToken, idToken: rob.idToken });
    expect(body).to.deep.include({ email: ROB, groups: ["reader"], scopes: ["aws.cognito.signin.user.admin"] });
    expect(status).to.equal(200);
  });

  for (const kind of ["accessToken", "idToken"] as const) {
    it(`lets a member of the group pass, by ${kind}`, async () => {
      const { status, body } = await ask(`${app}/admin`, { bearer: ada[kind] });
      expect(body).to.deep.equal({ welcome: claimsOf(ada[kind]).sub });
      expect(status).to.equal(200);
    });

    it(`refuses a user who is not in the group, by ${kind}`, async () => {
      const answer = await ask(`${app}/admin`, { bearer: rob[kind] });
      expectRefused(answer, 403, "insufficient_group", "insufficient_scope");
    });

    it(`refuses claims that were changed, by ${kind}`, async () => {
      const bearer = withClaims(rob[kind], { "cognito:groups": ["admin"] });
      expectRefused(await ask(`${app}/admin`, { bearer }), 401, "invalid_signature", "invalid_token");
    });

    it(`refuses a token that has expired, by ${kind}`, async () => {
      const { [kind]: bearer } = await pool.signIn(shortLivedClientId, ADA);
      expectRefused(await ask(`${app}/me`, { bearer }), 401, "token_expired", "invalid_token");
    });

    it(`refuses a token of an app client that is not configured, by ${kind}`, async () => {
      const { [kind]: bearer } = await pool.signIn(await pool.addClient(), ADA);
      expectRefused(await ask(`${app}/me`, { bearer }), 401, "invalid_claims", "invalid_token");
    });
  }

  it("refuses another user's ID token beside the access token", async () => {
    const answer = await ask(`${app}/me`, { bearer: ada.accessToken, idToken: rob.idToken });
    expectRefused(answer, 401, "session_mismatch", "invalid_token");
  });

  it("refuses an ID token that was changed beside a good access token", async () => {
    const idToken = withClaims(rob.idToken, { email: ADA });
    const answer = await ask(`${app}/me`, { bearer: rob.accessToken, idToken });
    expectRefused(answer, 401, "invalid_signature", "invalid_token");
  });

  it("refuses a token of another pool that is signed with the same key", async () => {
    const other = await EmulatedPool.create(emulator);
    await other.addUser(ADA);
    const { accessToken } = await other.signIn(await other.addClient(), ADA);
    other.close();
    expectRefused(await ask(`${app}/me`, { bearer: accessToken }), 401, "invalid_claims", "invalid_token");
  });

  it("finds the keys at the endpoint that the AWS SDK's own variable names", async () => {
    const origin = await startApp({
      COGNITO_USER_POOL_ID: pool.id,
      COGNITO_CLIENT_ID: clientId,
      COGNITO_ISSUER: `${emulator}/${pool.id}`,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: emulator,
    });
    const { status } = await ask(`${origin}/me`, { bearer: ada.accessToken });
    expect(status).to.equal(200);
  });

  it("does not start on an emulator's pool id without its issuer, and names the variable to set", async () => {
    const failure = await startApp({ COGNITO_USER_POOL_ID: pool.id, COGNITO_CLIENT_ID: clientId }).catch(String);
    expect(failure).to.include("ConfigurationError").and.to.include("COGNITO_ISSUER");
  });
});

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

/** The token with other claims under the old signature. */
function withClaims(token: string, claims: object): string {
  const [header, , signature] = token.split(".");
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), ...claims })).toString("base64url");
  return [header, payload, signature].join(".");
}
