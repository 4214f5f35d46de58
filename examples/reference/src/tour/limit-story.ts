import type { Answer } from './http-client.ts';
import type { Stage } from './story.ts';

const PASSWORD = 'correct horse battery';

/** Budgets: a guess too many, what its answer says, recovery; and a tier that changes. */
export async function tellLimitStory({ send, check, step, pass, setTier }: Stage): Promise<void> {
  const email = `eve-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const login = (password: string) => send('POST', '/auth/login', { body: { email, password } });
  const registered = await send('POST', '/auth/register', { body: { email, password: PASSWORD } });
  const token = registered.body.access_token;

  step('Somebody guesses a password: five are refused as wrong, the sixth is not looked at');
  const guesses: Answer[] = [];
  for (let guess = 1; guess <= 6; guess++) guesses.push(await login(`wrong password ${guess}`));
  const [first, last] = [guesses[0], guesses[5]];
  check(
    '401 five times',
    guesses.slice(0, 5).every(({ status }) => status === 401),
  );
  check('then 429 rate_limited', last?.status === 429 && last.body.code === 'rate_limited');
  const retryAfter = Number(last?.headers.get('retry-after'));
  check('it says when to come again: Retry-After, in whole seconds', Number.isInteger(retryAfter) && retryAfter > 0);
  check(
    'and how the budget is: RateLimit, RateLimit-Policy, X-RateLimit-*',
    /^"login";r=0;t=\d+/.test(last?.headers.get('ratelimit') ?? '') &&
      (last?.headers.get('ratelimit-policy') ?? '').includes('"login";q=5') &&
      last?.headers.get('x-ratelimit-remaining') === '0',
  );
  check('the answers before have counted down', first?.headers.get('x-ratelimit-remaining') === '4');

  step('The right password, once the budget is back');
  await pass(retryAfter * 1000, 'as Retry-After says');
  check('200', (await login(PASSWORD)).status === 200);

  step('My budget, without spending of it');
  const budget = await send('GET', '/auth/rate-limit', { token });
  check('it names the tier and what is left', budget.status === 200 && budget.body.tier === 'observer');

  step('A route for operators and above');
  const refused = await send('GET', '/statistics', { token });
  check('403 insufficient_tier', refused.status === 403 && refused.body.code === 'insufficient_tier');
  await setTier(registered.body.account.id, 'operator');
  const stale = await send('GET', '/statistics', { token });
  check('an administrator has raised the tier: the old access token is stale', stale.body.code === 'token_stale');
  const refreshed = await send('POST', '/auth/refresh', {
    body: { refresh_token: registered.body.refresh_token },
  });
  const raised = await send('GET', '/statistics', { token: refreshed.body.access_token });
  check('the next refresh brings the new tier: 200', raised.status === 200 && raised.body.projects >= 0);
  const budgets = await send('GET', '/auth/rate-limit', { token: refreshed.body.access_token });
  check('and its budget', budgets.body.tier === 'operator' && budgets.body.limits[0].limit === 120);
}
