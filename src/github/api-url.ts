import { clip, PerfCiError } from '../domain/errors.ts';

/**
 * The address of GitHub's REST API, without a slash at its end. Plain http is accepted for this machine's own
 * loopback only: over anything else it would show the App's tokens to the network.
 *
 * @throws PerfCiError `github-api-url` when the text is no such address
 */
export function parseApiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url === undefined || !safe || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new PerfCiError(
      'github-api-url',
      `expected an https address (http on loopback only) without user, query and fragment, found ${clip(text)}`,
      { remedy: 'set GITHUB_API_URL to an address such as https://api.github.com', blame: 'usage' },
    );
  }
  return url.href.replace(/\/+$/, '');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
