/** `text` as an http or https address that Markdown and GitHub take as it is; undefined for any other text. */
export function httpAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  const isHttp = protocol === 'https:' || protocol === 'http:';
  return isHttp && !/[()<>\s\\@`|]/.test(href) ? href : undefined;
}
