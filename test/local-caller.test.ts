import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";

describe("LocalCognito's sts:GetCallerIdentity", () => {
  it("names the role of credentials that it gave, and knows no others", async () => {
    const cognito = await LocalCognito.start();
    const role = "arn:aws:iam::123456789012:role/admins";
    const { idToken } = cognito.signIn({ username: "ada", roles: [role] });
    const sessions = new SessionManager(cognito.options);
    const authorization = `Bearer ${idToken}`;
    const { accessKeyId, sessionToken = "" } = await sessions.getCredentials({ headers: { authorization } });
    const ask = async (accessKey: string, token: string) => {
      const answer = await fetch(cognito.options.stsEndpoint, {
        method: "POST",
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          "X-Amz-Security-Token": token,
          Authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/20260101/eu-west-1/sts/aws4_request, Signature=0`,
        },
        body: "Action=GetCallerIdentity&Version=2011-06-15",
      });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await ask(accessKeyId, sessionToken)).to.match(/^200 <GetCallerIdentityResponse>.*assumed-role\/admins\//);
    expect(await ask("ASIAAAAAAAAAAAAAAAAA", sessionToken)).to.match(/^403 .*InvalidClientTokenId/);
    expect(await ask(accessKeyId, `${sessionToken}x`)).to.match(/^403 .*InvalidClientTokenId/);
    await sessions.close();
    await cognito.stop();
  });
});
