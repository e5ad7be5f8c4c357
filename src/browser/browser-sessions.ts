import type { Config } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { RequestHead } from "../tokens/bearer.js";
import { decodeToken } from "../tokens/decode.js";
import { ownValue } from "../tokens/json.js";
import type { HeldTokens } from "../tokens/pair.js";
import { badTransport } from "../tokens/transport-fault.js";
import { readCookies, SEVERAL } from "./cookie-header.js";
import { type CookieSession, type CookieSource, type EndedSession, isOver } from "./cookie-session.js";
import type { GrantOwner, GrantSlot } from "./grant.js";
import type { GrantRenewal } from "./grant-renewal.js";
import type { LiveGrants, Liveness } from "./live-grants.js";
import type { CookieSink, CookieStyle } from "./session-cookie.js";
import { type SessionRecord, SessionRecords } from "./session-records.js";

/** A second write of the same thing at the same time would be in vain. */
const TOUCH_LOCK_SECONDS = 10;

/** What browser sessions work with. */
export interface BrowserSessionsParts {
  readonly config: Pick<Config, "poolByIssuer">;
  readonly records: SessionRecords;
  readonly grants: LiveGrants;
  readonly renewal: Pick<GrantRenewal, "settle" | "isAt">;
  readonly style: CookieStyle;
}

/** Sessions whose tokens stay on the server: the browser has a cookie with an id that says nothing. */
export class BrowserSessions implements CookieSource {
  readonly #parts: BrowserSessionsParts;

  constructor(parts: BrowserSessionsParts) {
    this.#parts = parts;
  }

  find(head: RequestHead, sink: CookieSink | undefined): Outcome<CookieSession | undefined> {
    const cookies = readCookies(head);
    if (failed(cookies)) return cookies;
    const id = cookies.get(this.#parts.style.name);
    if (id === SEVERAL) return badTransport("several_cookies");
    // What cannot be an id of ours is no session, like one that has ended.
    if (id === undefined || !SessionRecords.isId(id)) return undefined;
    return {
      open: (isForced) => this.#open(id, isForced),
      end: () => this.#end(id, sink),
    };
  }

  /**
   * Begins a session under a new id, which goes to the browser.
   *
   * @param tokens of a sign-in, verified
   */
  async start(
    tokens: Required<HeldTokens>,
    refreshToken: string | undefined,
    sink: CookieSink,
  ): Promise<AuthError | undefined> {
    const { access, rawAccess: accessToken, rawId: idToken } = tokens;
    const { records, style } = this.#parts;
    const id = await records.create({
      issuer: access.issuer,
      clientId: access.clientId,
      sub: access.sub,
      username: access.username,
      grant: { accessToken, idToken, refreshToken, revision: 0 },
    });
    if (failed(id)) return id;
    sink.add(style.write(style.name, id, records.lifetimeSeconds));
    return undefined;
  }

  async #open(id: string, isForced: boolean): Promise<Liveness> {
    const { records, grants, renewal } = this.#parts;
    if (!(await renewal.settle(id))) return new AuthError("store_unavailable");
    const record = await records.read(id);
    if (failed(record) || record === undefined) return record;
    const slot = this.#slotOf(id, record);
    if (slot === undefined) return undefined;
    const live = await grants.current(slot, record.grant, isForced);
    if (failed(live)) {
      const isEnded = isOver(live) || (live.status === 401 && record.grant.refreshToken === undefined);
      if (isEnded) await records.end(id);
      return live;
    }
    if (live?.grant === record.grant && records.isStale(record)) void this.#touch(id);
    return live && { ...live, endsAtMs: records.endsAtMs(record) };
  }

  async #end(id: string, sink: CookieSink | undefined): Promise<Outcome<EndedSession | undefined>> {
    const { records, style } = this.#parts;
    const record = await records.read(id);
    if (failed(record)) return record;
    if (record !== undefined && !(await records.end(id))) return new AuthError("store_unavailable");
    sink?.add(style.write(style.name, "", 0));
    const owner = record && this.#ownerOf(record);
    return owner && { owner, refreshToken: record.grant.refreshToken, originJti: originJtiOf(record) };
  }

  /** Writes down that a session is being used. Nobody waits for it, and it never gets in the way of a refresh. */
  async #touch(id: string): Promise<void> {
    const { records, renewal } = this.#parts;
    const lock = await records.lock(id, TOUCH_LOCK_SECONDS);
    if (typeof lock !== "function" && lock !== "none") return;
    const record = await records.read(id);
    const isFree = lock !== "none" || !renewal.isAt(id);
    const isDue = isFree && record !== undefined && !failed(record) && records.isStale(record);
    const kept = isDue ? await records.save(id, record, record.grant) : "saved";
    // A write that was not answered may still come: its lock keeps refreshes away from it until it ends by itself.
    if (lock !== "none" && kept !== "failed") await lock();
  }

  #slotOf(id: string, record: SessionRecord): GrantSlot | undefined {
    const { records } = this.#parts;
    const owner = this.#ownerOf(record);
    return (
      owner && {
        key: id,
        owner,
        load: async () => {
          const current = await records.read(id);
          return failed(current) ? current : current?.grant;
        },
        save: (grant) => records.save(id, record, grant),
        lock: (ttlSeconds) => records.lock(id, ttlSeconds),
      }
    );
  }

  /** None where the user pool or the app client is no longer configured. */
  #ownerOf({ issuer, clientId, sub, username }: SessionRecord): GrantOwner | undefined {
    const pool = this.#parts.config.poolByIssuer.get(issuer);
    return pool?.clientIds?.has(clientId) ? { pool, clientId, sub, username } : undefined;
  }
}

/** Of a token that was verified when the session began, and may have expired since. */
function originJtiOf({ grant }: SessionRecord): string | undefined {
  const token = decodeToken(grant.accessToken);
  const originJti = failed(token) ? undefined : ownValue(token.payload, "origin_jti");
  return typeof originJti === "string" ? originJti : undefined;
}
