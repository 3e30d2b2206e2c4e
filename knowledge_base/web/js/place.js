/** Where in the editor one is, as it stands in the address after `#`. Pure. */

/** Read an address: `#/articles/a%20b?from=1` → `{name: "articles", id: "a b", values: {from: "1"}}`. */
export function readPlace(hash) {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  const id = rest.length ? decoded(rest.join("/")) : null;
  return { name: name || "articles", id, values: Object.fromEntries(new URLSearchParams(query)) };
}

/** Write an address. Empty values are left out. */
export function placeOf(name, id = null, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  return `#/${name}${id === null ? "" : `/${encodeURIComponent(id)}`}${query}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed a stray percent sign
  }
}
