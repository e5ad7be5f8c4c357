/**
 * Node's `http`, not by `import`: from Node 22 on that reads every getter of the module, one of which loads undici, some
 * 15 ms of start-up and 1.7 MB of heap for what the package does without.
 */
export const http = process.getBuiltinModule("node:http");
