/** Exit codes, the same for every command; the reference stands in `auditctl --help`. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  upstreamDown: 5,
  findings: 6,
} as const;
