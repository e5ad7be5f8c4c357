import { expressApp } from "./express-app.js";

/** What any middleware costs, whatever it does. */
export const serve = () => expressApp((_request, _response, next) => next());
