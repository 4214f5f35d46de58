/** What the command prints for `--help` and after a mistake. */
export const usage = `castellan-postgres <command> [options]

commands
  migrate     brings the schema up to date
  plan        prints the SQL that migrate would run, for review
  check       says where the schema stands; exits with 1 when something is missing
  restored    after restoring a backup: ends every session, so that no token spent since the backup can win
  keys        prints a fresh private JWK Set; with --peppers a fresh pepper

options
  --url <url>        the database; default: the environment variable DATABASE_URL
  --schema <name>    default: castellan
  --alg <name>       keys: EdDSA (default), ES256, RS256, HS256
  --peppers          keys: a pepper
  --id <0-255>       keys --peppers: its id; default 1
  --help

exit codes: 0 done, 1 not done or something is missing, 2 a mistake in the command
`;
