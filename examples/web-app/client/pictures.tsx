/** The mark of the application. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" strokeWidth="2.25" strokeLinecap="round">
        <rect x="7" y="8" width="18" height="16" rx="3" />
        <circle cx="16" cy="16" r="3.25" />
        <path d="M16 12.75v-2M16 21.25v-2" />
      </g>
    </svg>
  );
}

/** Signed papers in a strongbox. */
export function Strongbox() {
  return (
    <svg className="art" viewBox="0 0 340 320" aria-hidden="true">
      <g transform="rotate(-9 110 100)">
        <rect className="paper" x="52" y="34" width="122" height="150" rx="10" />
        <path className="ink" d="M72 62h64M72 82h82" />
      </g>
      <g transform="rotate(6 230 90)">
        <rect className="paper" x="166" y="16" width="128" height="160" rx="10" />
        <path className="ink" d="M186 44h62M186 64h86" />
        <path
          className="ink signature"
          d="M188 100c8-26 22-26 19-4s-13 16-4 3 15-13 15 0 12 5 14-5 13-6 12 3 14 5 28-6"
        />
      </g>
      <path className="box" d="M62 284h28v20H62zM250 284h28v20h-28z" />
      <rect className="box" x="30" y="122" width="280" height="170" rx="22" />
      <rect className="steel edge" x="48" y="140" width="244" height="134" rx="12" />
      <path className="steel edge" d="M64 168v20M64 226v20" />
      <circle className="steel" cx="170" cy="207" r="36" />
      <path className="steel" d="M170 207l20-20M170 161v2M170 251v2M214 207h2M124 207h2" />
      <circle className="knob" cx="170" cy="207" r="11" />
    </svg>
  );
}

const RADIUS = 54;
const LENGTH = 2 * Math.PI * RADIUS;

/** How much is left of a time, as a ring. @param part from 0 to 1 */
export function Ring({ part }: { part: number }) {
  return (
    <svg className="ring" viewBox="0 0 120 120" aria-hidden="true">
      <circle cx="60" cy="60" r={RADIUS} />
      <circle
        className="left"
        cx="60"
        cy="60"
        r={RADIUS}
        strokeDasharray={LENGTH}
        strokeDashoffset={LENGTH * (1 - part)}
        transform="rotate(-90 60 60)"
      />
    </svg>
  );
}

export function FileIcon() {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h5" />
    </svg>
  );
}

export function LockIcon() {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4M12 15v2" />
    </svg>
  );
}
