/** As much of a .proto file as tells whether it can be used: imports, services, methods. Its messages are not looked at. */

/** A service and its methods. */
export interface ProtoService {
  /** With the package. */
  name: string;
  methods: { name: string; isUnary: boolean }[];
}

/** What {@link outlineProto} found. */
export interface ProtoOutline {
  imports: string[];
  services: ProtoService[];
}

/** What is not closed ends with its line or the text, as looking for its end again and again would take long. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[\w.]+|[{}();=]/g;

/** The outline of `text`; what is no proto file has no services. Takes time linear in the text. */
export function outlineProto(text: string): ProtoOutline {
  const outline: ProtoOutline = { imports: [], services: [] };
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !/^\/[/*]/.test(token));
  let packageName = '';
  let depth = 0;
  let service: ProtoService | undefined;
  for (const [index, token] of tokens.entries()) {
    if (token === '{') depth += 1;
    if (token === '}') {
      depth -= 1;
      if (depth === 0) service = undefined;
    }
    const startsStatement = index === 0 || [';', '{', '}'].includes(tokens[index - 1] ?? '');
    if (!startsStatement) continue;
    const [next = '', afterNext = ''] = tokens.slice(index + 1, index + 3);
    if (depth === 0 && token === 'package') packageName = next;
    if (depth === 0 && token === 'import')
      outline.imports.push(unquoted(/^["']/.test(next) ? next : afterNext));
    if (depth === 0 && token === 'service' && afterNext === '{') {
      service = { name: packageName === '' ? next : `${packageName}.${next}`, methods: [] };
      outline.services.push(service);
    }
    if (depth === 1 && token === 'rpc' && service !== undefined) {
      service.methods.push({ name: next, isUnary: isUnary(tokens, index) });
    }
  }
  return outline;
}

/** `rpc Name ( [stream] Type ) returns ( [stream] Type )`. */
function isUnary(tokens: readonly string[], at: number): boolean {
  const rest = tokens.slice(at, at + 12);
  const end = rest.findIndex((token) => token === ';' || token === '{');
  const signature = end === -1 ? rest : rest.slice(0, end);
  // A type may be called stream too: only in front of another name it is the keyword.
  return !signature.some((token, index) => token === 'stream' && signature[index + 1] !== ')');
}

function unquoted(token: string): string {
  return token.replaceAll(/^["']|["']$/g, '');
}
