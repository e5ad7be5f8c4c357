// Run as a program of its own: what a subscriber throws is an uncaught exception of its process. Prints, as JSON, what
// requests were answered with and what was uncaught.
import { subscribe, tracingChannel } from "node:diagnostics_channel";
import { LocalCognito } from "cognito-auth-session/testing";
import { appWith, get } from "./app.js";

const uncaught: unknown[] = [];
process.on("uncaughtException", (error) => void uncaught.push(error.message));

const fail = () => {
  throw new Error("thrown by a subscriber");
};
const verify = tracingChannel("cognito-auth-session:verify");
for (const channel of [verify.start, verify.end, verify.asyncEnd, verify.error]) channel.subscribe(fail);
subscribe("cognito-auth-session:request", fail);

const cognito = await LocalCognito.start();
const app = appWith({ ...cognito.options, credentials: "lazy" });
const statuses = [
  (await get(app, "/me", cognito.signIn({ username: "ada" }).accessToken)).status,
  (await get(app, "/me", "no-token")).status,
];
await cognito.stop();
console.log(JSON.stringify({ statuses, uncaught }));
