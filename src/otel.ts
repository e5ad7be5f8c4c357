export { type InstrumentationOptions, instrumentAuthSession } from "./otel/instrument.js";
