import { CognitoIdentityClient, CreateIdentityPoolCommand } from "@aws-sdk/client-cognito-identity";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startApp } from "./support/app.js";
import { ask, expectRefused } from "./support/ask.js";
import { EmulatedPool, type Tokens } from "./support/emulated-pool.js";
import { startMoto } from "./support/moto.js";
import { type Passage, RecordingProxy } from "./support/recording-proxy.js";
import { scratchProject } from "./support/scratch-project.js";
import { adminOf, present } from "./support/sdk.js";
import { stopServers } from "./support/server-process.js";

const ADA = "ada@example.com"; // an admin
const ROB = "rob@example.com"; // in no group
const BUCKET = "interop-files";

describe("the packed package with moto's user pool, identity pool and S3", () => {
  let proxy: RecordingProxy;
  let pool: EmulatedPool;
  let s3: S3Client;
  let environment: Record<string, string>;
  let ada: Tokens;
  let rob: Tokens;
  let app: string;

  before(async function () {
    this.timeout(400_000); // packs and installs
    await scratchProject();
    const moto = await startMoto();
    const recording = await RecordingProxy.start(moto);
    proxy = recording.proxy;

    pool = await EmulatedPool.create(moto, ["admin"]);
    const clientId = await pool.addClient();
    await pool.addUser(ADA, "admin");
    await pool.addUser(ROB);
    ada = await pool.signIn(clientId, ADA);
    rob = await pool.signIn(clientId, ROB);
    s3 = new S3Client({ ...adminOf(moto), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));

    // All that the app sends goes through the proxy. No issuer: moto's tokens name the one that a real pool has.
    environment = {
      COGNITO_USER_POOL_ID: pool.id,
      COGNITO_CLIENT_ID: clientId,
      COGNITO_IDENTITY_POOL_ID: await createIdentityPool(moto, pool.id, clientId),
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: recording.origin,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY: recording.origin,
      S3_ENDPOINT: recording.origin,
      BUCKET,
    };
    app = await startApp(environment);
  });

  after(async () => {
    pool?.close();
    s3?.destroy();
    await stopServers();
    await proxy?.stop();
  });

  it("takes an access token of a pool whose issuer it derives from the pool id", async () => {
    const { status, body } = await ask(`${app}/me`, { bearer: ada.accessToken });
    expect(body).to.deep.include({ userPoolId: pool.id, groups: ["admin"] });
    expect(body).not.to.have.property("identityId");
    expect(status).to.equal(200);
  });

  it("lets a member of the group pass", async () => {
    const { status } = await ask(`${app}/admin`, { bearer: ada.accessToken });
    expect(status).to.equal(200);
  });

  it("refuses a user who is not in the group", async () => {
    const answer = await ask(`${app}/admin`, { bearer: rob.accessToken });
    expectRefused(answer, 403, "insufficient_group", "insufficient_scope");
  });

  it("exchanges the ID token at the identity pool, once for requests that come together", async () => {
    const from = proxy.passages.length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`${app}/me`, { bearer: rob.idToken })));
    const seen = proxy.passages.slice(from);
    const [issued] = operation(seen, "GetId");
    expect(operation(seen, "GetId")).to.have.lengthOf(1);
    expect(operation(seen, "GetCredentialsForIdentity")).to.have.lengthOf(1);
    const { IdentityId: identityId } = JSON.parse(present(issued, "GetId").answer);
    expect(identityId).to.match(/^us-east-1:[0-9a-f-]{36}$/);
    for (const { status, body } of answers) {
      expect(body).to.deep.include({ identityId });
      expect(status).to.equal(200);
    }
  });

  it("renews credentials under the same identity id, though moto would give a new one each time", async () => {
    const before = await ask(`${app}/me`, { bearer: ada.idToken });
    const from = proxy.passages.length;
    const renewed = await ask(`${app}/renewed`, { bearer: ada.accessToken, idToken: ada.idToken });
    expect(before.body).to.have.property("identityId").that.is.a("string");
    expect(renewed.body).to.deep.equal({ identityId: identityIdOf(before.body) });
    const seen = proxy.passages.slice(from);
    expect(operation(seen, "GetId")).to.have.lengthOf(0);
    expect(operation(seen, "GetCredentialsForIdentity")).to.have.lengthOf(1);
  });

  it("puts and gets an S3 object, signed with the credentials that the identity pool gave", async () => {
    const from = proxy.passages.length;
    const me = await ask(`${app}/me`, { bearer: ada.idToken });
    const key = `private/${identityIdOf(me.body)}/hello.txt`;

    const put = await ask(`${app}/files/hello.txt`, { bearer: ada.idToken, content: "Hello, S3" });
    expect(put.body).to.deep.equal({ key });
    expect(put.status).to.equal(201);
    const got = await ask(`${app}/files/hello.txt`, { bearer: ada.idToken });
    expect(got.body).to.deep.equal({ content: "Hello, S3" });
    expect(got.status).to.equal(200);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(await Body?.transformToString()).to.equal("Hello, S3");

    // The SDK asks for credentials again with each request, because moto's live for 90 seconds only.
    expect(operation(proxy.passages.slice(from), "GetCredentialsForIdentity")).to.have.lengthOf.at.most(1);
    const [exchange] = operation(proxy.passages, "GetCredentialsForIdentity");
    const { Credentials: given } = JSON.parse(present(exchange, "GetCredentialsForIdentity").answer);
    const toS3 = proxy.passages.slice(from).filter(({ path }) => path.startsWith(`/${BUCKET}/`));
    expect(toS3.map(({ method }) => method)).to.deep.equal(["PUT", "GET"]);
    for (const { headers } of toS3) {
      expect(headers.authorization).to.match(/^AWS4-HMAC-SHA256 /);
      expect(headers.authorization).to.include(`Credential=${given.AccessKeyId}/`);
      expect(headers["x-amz-security-token"]).to.equal(given.SessionToken);
    }
    expect(given.AccessKeyId).to.equal("TESTACCESSKEY12345");
  });

  it("asks for an ID token where there is only an access token to exchange", async () => {
    const answer = await ask(`${app}/files/hello.txt`, { bearer: ada.accessToken });
    expectRefused(answer, 401, "id_token_required", "invalid_token");
  });

  it("sends the ID token to the identity pool under its issuer's name, and nowhere else", async () => {
    await ask(`${app}/files/notes.txt`, { bearer: ada.accessToken, idToken: ada.idToken, content: "Notes" });
    const provider = `cognito-idp.us-east-1.amazonaws.com/${pool.id}`;
    const [getId] = operation(proxy.passages, "GetId").filter(({ body }) => body.includes(ada.idToken));
    expect(JSON.parse(present(getId, "GetId").body)).to.deep.equal({
      IdentityPoolId: environment.COGNITO_IDENTITY_POOL_ID,
      Logins: { [provider]: ada.idToken },
    });
    for (const { path, headers, body } of proxy.passages) {
      expect(path + JSON.stringify(headers) + body).not.to.include(ada.accessToken);
      if (path !== "/") expect(path + JSON.stringify(headers) + body).not.to.include(ada.idToken);
    }
  });

  it("answers 503 when the identity pool answers with an HTML error page", async () => {
    // What moto does for a pool it does not know.
    const unknown = "us-east-1:00000000-0000-0000-0000-000000000000";
    const origin = await startApp({ ...environment, COGNITO_IDENTITY_POOL_ID: unknown });
    const answer = await ask(`${origin}/me`, { bearer: ada.idToken });
    expect(answer.body).to.include({ status: 503, code: "credentials_unavailable" });
    expect(answer.status).to.equal(503);
    expect(answer.headers.get("retry-after")).to.match(/^\d+$/);
    expect(answer.headers.get("www-authenticate")).to.equal(null);
  });
});

async function createIdentityPool(endpoint: string, userPoolId: string, ClientId: string): Promise<string> {
  const identity = new CognitoIdentityClient(adminOf(endpoint));
  const ProviderName = `cognito-idp.us-east-1.amazonaws.com/${userPoolId}`;
  const { IdentityPoolId } = await identity.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: "interop",
      AllowUnauthenticatedIdentities: false,
      CognitoIdentityProviders: [{ ProviderName, ClientId }],
    }),
  );
  identity.destroy();
  return present(IdentityPoolId, "identity pool id");
}

/** The calls of an identity pool's operation. */
function operation(passages: readonly Passage[], name: string): Passage[] {
  return passages.filter(({ headers }) => headers["x-amz-target"] === `AWSCognitoIdentityService.${name}`);
}

function identityIdOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "identityId" in body ? body.identityId : undefined;
}
