#!/usr/bin/env node
import { main } from "./cli/main.js";

await main(new URL("../package.json", import.meta.url));
