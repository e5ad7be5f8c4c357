/** What a process pays for one import: `node import-time.js <specifier>`. */
const [specifier = ""] = process.argv.slice(2);
const before = process.memoryUsage.rss();
const startedAt = performance.now();
await import(specifier);
const milliseconds = performance.now() - startedAt;
const megabytes = (process.memoryUsage.rss() - before) / 2 ** 20;
process.stdout.write(JSON.stringify({ milliseconds, megabytes }), () => process.exit());
