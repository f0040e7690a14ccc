import { lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { Chip } from "./citation";
import type { Citation } from "./api";

// Private-use characters stand around the number of a citation while Markdown is read. A text that
// has them already loses them first; one to one, so that offsets stay what they are.
const OPEN = "\ue000";
const CLOSE = "\ue001";
const PLACE = /\ue000(\d+)\ue001/;

/** Citations that share one place: 第十七条至第十九条 is three of them. */
export interface Place {
  label: string;
  citations: Citation[];
}

function placed(text: string, citations: readonly Citation[]): [string, Place[]] {
  const points = Array.from(text.replace(/[\ue000\ue001]/g, "\ufffd"));
  const byStart = [...citations].sort((a, b) => a.start - b.start || b.end - a.end);
  const places: Place[] = [];
  let out = "";
  let done = 0;
  let last: { start: number; end: number; place: Place } | undefined;
  for (const citation of byStart) {
    if (last && citation.start < last.end) {
      last.place.citations.push(citation);
      continue;
    }
    if (citation.end <= citation.start || citation.end > points.length) continue;
    const label = points.slice(citation.start, citation.end).join("").replace(/[*_`~]/g, "");
    const place = { label, citations: [citation] };
    out += points.slice(done, citation.start).join("") + OPEN + places.length + CLOSE;
    places.push(place);
    done = citation.end;
    last = { start: citation.start, end: citation.end, place };
  }
  return [out + points.slice(done).join(""), places];
}

/**
 * Text of a model or a file as Markdown. Only elements made here ever reach the page: HTML in the
 * text is shown as it is written, links are shown as their words.
 */
export function RichText({ text, citations = [] }: { text: string; citations?: Citation[] }) {
  const [marked, places] = placed(text, citations);
  return <div class="rich">{blocks(lexer(marked), places)}</div>;
}

function plain(text: string, places: Place[]): ComponentChildren {
  const parts = text.split(PLACE);
  if (parts.length === 1) return text;
  return parts.map((part, index) => {
    const place = index % 2 ? places[Number(part)] : undefined;
    return place ? <Chip key={index} place={place} /> : part;
  });
}

function blocks(tokens: Token[], places: Place[]): ComponentChildren {
  return tokens.map((token, index) => <Block key={index} token={token} places={places} />);
}

function inline(tokens: Token[] | undefined, fallback: string, places: Place[]) {
  if (!tokens) return plain(fallback, places);
  return tokens.map((token, index) => <Inline key={index} token={token} places={places} />);
}

function Block({ token, places }: { token: Token; places: Place[] }) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      const heading = token as Tokens.Heading;
      const Tag = (["h3", "h3", "h4", "h5", "h6", "h6"] as const)[heading.depth - 1] ?? "h6";
      return <Tag>{inline(heading.tokens, heading.text, places)}</Tag>;
    }
    case "paragraph":
      return <p>{inline((token as Tokens.Paragraph).tokens, token.raw, places)}</p>;
    case "text":
      return <>{inline((token as Tokens.Text).tokens, (token as Tokens.Text).text, places)}</>;
    case "list": {
      const list = token as Tokens.List;
      const items = list.items.map((item, index) => (
        <li key={index}>{blocks(item.tokens, places)}</li>
      ));
      return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case "blockquote":
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens, places)}</blockquote>;
    case "code":
      return (
        <pre>
          <code>{plain((token as Tokens.Code).text, places)}</code>
        </pre>
      );
    case "hr":
      return <hr />;
    case "table": {
      const table = token as Tokens.Table;
      return (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {table.header.map((cell, index) => (
                  <th key={index}>{inline(cell.tokens, cell.text, places)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, number) => (
                <tr key={number}>
                  {row.map((cell, index) => (
                    <td key={index}>{inline(cell.tokens, cell.text, places)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
    default:
      return <p>{plain(token.raw, places)}</p>;
  }
}

function Inline({ token, places }: { token: Token; places: Place[] }) {
  switch (token.type) {
    case "strong":
      return <strong>{inline((token as Tokens.Strong).tokens, token.raw, places)}</strong>;
    case "em":
      return <em>{inline((token as Tokens.Em).tokens, token.raw, places)}</em>;
    case "del":
      return <del>{inline((token as Tokens.Del).tokens, token.raw, places)}</del>;
    case "codespan":
      return <code>{plain((token as Tokens.Codespan).text, places)}</code>;
    case "br":
      return <br />;
    case "link":
      return <>{inline((token as Tokens.Link).tokens, token.raw, places)}</>;
    case "text":
    case "escape":
      return <>{inline((token as Tokens.Text).tokens, (token as Tokens.Text).text, places)}</>;
    default:
      return <>{plain(token.raw, places)}</>;
  }
}
