import { expressApp } from "./express-app.js";

export const serve = () => expressApp();
