// node --import: modules find each other where the web server has them: /static/<app>/… is <app>/static/<app>/….

import { register } from "node:module";

const hook = `
const ROOT = ${JSON.stringify(new URL("../../../../", import.meta.url).href)};
export async function resolve(name, context, next) {
  if (!name.startsWith(".") || !context.parentURL) return next(name, context);
  const url = new URL(name, context.parentURL).href;
  const path = url.startsWith(ROOT) && /^[a-z_]+\\/static\\/([a-z_]+)\\/(.*)$/.exec(url.slice(ROOT.length));
  return next(path ? ROOT + path[1] + "/static/" + path[1] + "/" + path[2] : name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
// forge.min.js puts itself on window.
globalThis.window ??= globalThis;
