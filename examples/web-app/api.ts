// The routes under /api: each user's own files in S3, and a page for admins.
import { ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type AuthSession, requireCredentials, requireGroup, type SessionManager } from "cognito-auth-session";
import express, { Router } from "express";

const BUCKET = "user-files";
const FILE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;
const MAX_LENGTH = 10_000;
const MAX_EVENTS = 20;

/** An S3 client that signs as the session's user. */
export type S3Of = (session: AuthSession) => S3Client;

interface Activity {
  readonly id: number;
  readonly type: string;
  readonly username: string;
  readonly at: string;
}

/** Mount it after `authSession()`. */
export function api(sessions: SessionManager, s3Of: S3Of): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set("Cache-Control", "no-store"); // it is one user's own, and a browser may have several
    next();
  });
  // IAM keeps users apart: a user's role allows this folder and nothing else.
  const folderOf = ({ identityId }: AuthSession) => `private/${identityId}/`;

  router.get("/files", requireCredentials(), async (req, res) => {
    const folder = folderOf(req.authSession);
    const list = new ListObjectsV2Command({ Bucket: BUCKET, Prefix: folder });
    const { Contents = [] } = await s3Of(req.authSession).send(list);
    const files = Contents.map(({ Key = "", Size }) => ({ name: Key.slice(folder.length), size: Size }));
    res.json({ folder, files });
  });

  router.post("/files", requireCredentials(), express.json(), async (req, res) => {
    const { name, text } = (req.body ?? {}) as { name?: unknown; text?: unknown };
    if (typeof name !== "string" || !FILE_NAME.test(name) || typeof text !== "string" || text.length > MAX_LENGTH) {
      res.status(400).json({ detail: `A file needs a plain name, and a text of up to ${MAX_LENGTH} characters.` });
      return;
    }
    const Key = `${folderOf(req.authSession)}${name}`;
    const put = new PutObjectCommand({ Bucket: BUCKET, Key, Body: text, ContentType: "text/plain" });
    await s3Of(req.authSession).send(put);
    res.status(201).json({ name });
  });

  const recent: Activity[] = [];
  let events = 0;
  sessions.onSessionChange((event) => {
    if (!("username" in event) || event.username === undefined) return;
    recent.unshift({ id: events++, type: event.type, username: event.username, at: new Date().toISOString() });
    recent.splice(MAX_EVENTS);
  });
  router.get("/admin", requireGroup("admin"), (_req, res) => {
    res.json({ recent });
  });

  return router;
}
