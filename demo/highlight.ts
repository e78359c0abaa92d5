// Colours for TypeScript in a page: comments, strings, keywords and numbers, found by one regular expression.

const words =
  'as|async|await|class|const|else|export|extends|for|from|function|if|implements|import|in|interface|let|new|of|readonly|return|static|this|type|typeof|while|yield';
const tokens = new RegExp(
  [
    String.raw`(?<comment>\/\/.*|\/\*[\s\S]*?\*\/)`,
    "(?<string>'(?:[^'\\\\]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`)",
    String.raw`(?<keyword>\b(?:${words})\b)`,
    String.raw`(?<literal>\b(?:\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null|undefined|Infinity)\b)`,
  ].join('|'),
  'g',
);

/** The text as nodes: plain text, and spans with the class comment, string, keyword or literal. */
export function highlight(source: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const match of source.matchAll(tokens)) {
    fragment.append(source.slice(at, match.index));
    const span = document.createElement('span');
    span.className = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? '';
    span.textContent = match[0];
    fragment.append(span);
    at = match.index + match[0].length;
  }
  fragment.append(source.slice(at));
  return fragment;
}
