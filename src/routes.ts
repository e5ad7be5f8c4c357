export type { AuthRoutesOptions } from "./http/route-options.js";
export { authRoutes, fetchAuthRoutes, type KoaRoutes, koaAuthRoutes } from "./http/routes.js";
