export type { RedisClient } from "./store/redis-client.js";
export type { RedisStoreOptions } from "./store/redis-options.js";
export { redisStore } from "./store/redis-store.js";
export type { SessionStore } from "./store/store.js";
