/** Text that is HTML already; everything else is escaped when it is put into a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Insertable = string | number | Html | readonly Insertable[] | undefined;

/**
 * A piece of HTML. What is inserted is escaped for text and for quoted attributes alike, unless it was made by this
 * function itself; lists are joined, undefined is nothing.
 */
export function html(pieces: TemplateStringsArray, ...inserted: Insertable[]): Html {
  return new Html(pieces.map((piece, at) => piece + insert(inserted[at])).join(''));
}

/** A whole document without script, style or any address outside. */
export function htmlDocument(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that turn text around or hide in it; line feed and tab stay, for logs. */
const TREACHEROUS = /(?![\n\t])[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function insert(value: Insertable): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(insert).join('');
  return String(value)
    .replaceAll(TREACHEROUS, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
