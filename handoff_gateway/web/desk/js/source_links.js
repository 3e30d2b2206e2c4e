/** Articles as links. */
import { link, safeAddress } from "../../shared/js/text.js";

/**
 * Return nodes for `sources` (ids or objects of the wire), with commas between; an article without a usable address
 * is its name.
 */
export function sourceLinks(sources) {
  return sources.flatMap((source, index) => {
    const article = typeof source === "string" ? { article_id: source } : source;
    const label = article.title ?? article.article_id ?? "article";
    const address = safeAddress(
      article.url ?? `/help/${encodeURIComponent(article.article_id ?? "")}`,
      location.origin,
    );
    return [index > 0 ? ", " : "", address ? link(address, label) : label];
  });
}
