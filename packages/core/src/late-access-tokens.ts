import { type AccessTokens, type AccessTokensOptions, createAccessTokens, createKeyring } from './tokens/index.ts';

/** Access tokens whose keys are imported later: importing is asynchronous, composing is not. */
export interface LateAccessTokens extends AccessTokens {
  /** @throws TypeError naming the key that is missing, weak or malformed */
  load(): Promise<void>;
}

/** Makes them; until `load` has resolved every use is a `TypeError`. */
export function lateAccessTokens(
  options: Omit<AccessTokensOptions, 'keyring'> & { readonly keys: string | { readonly keys: readonly object[] } },
): LateAccessTokens {
  let loaded: AccessTokens | undefined;
  const use = (): AccessTokens => {
    if (!loaded) throw new TypeError('castellan.start() has not been awaited: there are no keys yet');
    return loaded;
  };
  return {
    async load() {
      const { keys, issuer, audience, clientId } = options;
      const keyring = await createKeyring(keys);
      loaded = createAccessTokens({ keyring, issuer, audience, ...(clientId !== undefined && { clientId }) });
    },
    issue: (input) => use().issue(input),
    verify: (token, now) => use().verify(token, now),
    jwks: () => use().jwks(),
  };
}
