// Copies the browser libraries from node_modules to static/vendor, where the
// Go binary embeds them. The result depends on the lock file only: no dates,
// no random names. Run it after `npm ci`.
import { readFileSync, writeFileSync, mkdirSync, rmSync, readdirSync, existsSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const mods = join(here, 'node_modules');
const out = join(here, 'static', 'vendor');

const files = {
  'tabler.css': '@tabler/core/dist/css/tabler.min.css',
  'tabler.js': '@tabler/core/dist/js/tabler.min.js',
  'htmx.js': 'htmx.org/dist/htmx.min.js',
  'echarts.js': 'echarts/dist/echarts.min.js',
};
const licences = {
  '@tabler/core': ['LICENSE'],
  '@tabler/icons': ['LICENSE'],
  'htmx.org': ['LICENSE'],
  echarts: ['LICENSE', 'NOTICE'],
};

if (!existsSync(mods)) {
  console.error('web/node_modules is missing: run "npm ci" in web/ first');
  process.exit(1);
}
mkdirSync(out, { recursive: true });
for (const f of readdirSync(out)) if (f !== '.keep') rmSync(join(out, f), { recursive: true });

// put writes a file and its brotli form, which the server prefers.
function put(name, data) {
  const bytes = Buffer.from(data);
  writeFileSync(join(out, name), bytes);
  if (bytes.length < 1024) return;
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(join(out, name + '.br'), br);
  console.log(name.padEnd(16), bytes.length, '->', br.length);
}

// Source maps are not shipped, so the browser must not be sent looking for them.
const noMap = (s) => s.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n').replace(/\/\*# sourceMappingURL=.*?\*\//, '');

for (const [name, src] of Object.entries(files)) put(name, noMap(readFileSync(join(mods, src), 'utf8')));

// One sprite with the icons named in icons.txt.
const names = readFileSync(join(here, 'icons.txt'), 'utf8').split(/\s+/).filter(Boolean).sort();
let sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n';
for (const name of new Set(names)) {
  const svg = readFileSync(join(mods, '@tabler/icons/icons/outline', name + '.svg'), 'utf8');
  const body = svg.replace(/<!--[\s\S]*?-->/g, '').match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
  const inner = body.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, '').replace(/\s*\n\s*/g, '').trim();
  sprite += `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>\n`;
}
put('icons.svg', sprite + '</svg>\n');

let text = '';
for (const [pkg, names] of Object.entries(licences)) {
  for (const n of names) {
    const p = join(mods, pkg, n);
    if (existsSync(p)) text += `==== ${pkg} ${n} ====\n\n${readFileSync(p, 'utf8').trim()}\n\n`;
  }
}
put('LICENSES.txt', text);
