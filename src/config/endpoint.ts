import { ConfigurationError } from "../errors/auth-error.js";

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is one of this machine's: an emulator. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(new URL(url).hostname);
}

/**
 * A URL that tokens are sent to or keys are fetched from, checked: https, or http on loopback.
 *
 * @param label the option or variable it came from
 * @param allowHttp accept http anywhere
 * @throws {ConfigurationError}
 */
export function checkEndpoint(value: string, label: string, allowHttp: boolean): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigurationError(`\`${label}\` must be a URL.`, label);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ConfigurationError(`\`${label}\` must be an https URL.`, label);
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new ConfigurationError(`\`${label}\` must be a URL without user name, password and fragment.`, label);
  }
  if (url.protocol === "http:" && !allowHttp && !LOOPBACK.test(url.hostname)) {
    throw new ConfigurationError(
      `\`${label}\` must be https: plain http is accepted on loopback only. Set \`allowHttp: true\` for a closed test network.`,
      label,
    );
  }
  return value;
}
