import type { RunningApp } from './reference-app.ts';

/** What to try, ready to be pasted into a shell. */
export function welcome({ url, framework, database }: RunningApp): string {
  const json = `-H 'content-type: application/json'`;
  return `
Castellan reference app: ${url}   (${framework}, ${database})

Try, in another terminal:

  # register: answers an access token and a refresh token
  curl -s ${url}/auth/register ${json} -d '{"email":"ada@example.com","password":"correct horse battery"}'

  # with the access_token of that answer
  curl -s ${url}/auth/me -H "authorization: Bearer $ACCESS"
  curl -s ${url}/projects -H "authorization: Bearer $ACCESS" ${json} -d '{"name":"Analytical engine"}'
  curl -s ${url}/auth/sessions -H "authorization: Bearer $ACCESS"
  curl -s ${url}/auth/audit -H "authorization: Bearer $ACCESS"

  # with the refresh_token: a new pair; the old one is spent
  curl -s ${url}/auth/refresh ${json} -d "{\\"refresh_token\\":\\"$REFRESH\\"}"

  # every step of a session's life, played and checked
  npm run demo -- --tour

Stop with Ctrl-C.
`;
}
