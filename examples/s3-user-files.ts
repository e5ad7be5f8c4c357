// Each user's own files in S3, read and written with the user's own AWS credentials. IAM keeps users apart, not this code:
// the role of the identity pool allows `private/${cognito-identity.amazonaws.com:sub}/*` of the bucket and nothing else.
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import {
  type AuthSession,
  type AuthSessionOptions,
  authErrorHandler,
  authSession,
  requireCredentials,
} from "cognito-auth-session";
import express, { type ErrorRequestHandler, Router } from "express";
import { isMain, listen } from "./support/listen.js";

export interface Files {
  bucket: string;
  /** Only for an S3 that is not Amazon's. */
  s3?: S3ClientConfig;
}

/** Routes for the caller's files: mount them after `authSession()`. */
export function userFiles({ bucket, s3: settings }: Files): Router {
  const s3Of = (session: AuthSession) => session.awsClient(S3Client, settings);
  const keyOf = (session: AuthSession, name = "") => `private/${session.identityId}/${name}`;

  const router = Router();
  router.use(requireCredentials());
  router.get("/", async (req, res) => {
    const prefix = keyOf(req.authSession);
    const { Contents = [] } = await s3Of(req.authSession).send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
    );
    res.json({ files: Contents.map(({ Key = "", Size }) => ({ name: Key.slice(prefix.length), size: Size })) });
  });
  router.put("/:name", express.text({ type: "*/*" }), async (req, res) => {
    const Key = keyOf(req.authSession, req.params.name);
    await s3Of(req.authSession).send(new PutObjectCommand({ Bucket: bucket, Key, Body: String(req.body) }));
    res.status(204).end();
  });
  router.get("/:name", async (req, res) => {
    const Key = keyOf(req.authSession, req.params.name);
    const { Body } = await s3Of(req.authSession).send(new GetObjectCommand({ Bucket: bucket, Key }));
    res.type("text/plain").send(await Body?.transformToString());
  });
  router.use(answerS3Errors);
  return router;
}

/** What S3 itself refuses comes as the SDK's error. */
const answerS3Errors: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof S3ServiceException) || res.headersSent) next(error);
  else if (error.name === "NoSuchKey") res.status(404).json({ error: "There is no such file." });
  else if (error.name === "AccessDenied") res.status(403).json({ error: "This file is not yours." });
  else next(error);
};

export function createApp(files: Files, options?: AuthSessionOptions) {
  const app = express();
  app.use(authSession(options));
  app.use("/files", userFiles(files));
  app.use(authErrorHandler());
  return app;
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp({ bucket: process.env.BUCKET ?? "my-bucket" }));
  console.log(`Listening on ${origin}`);
}
