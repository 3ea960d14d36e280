// Compiles scss/site.scss and scss/admin.scss into static/css/. The first line of each result names the sources it
// came from; tests/cramps_site/test_css.py computes the same hash, so a forgotten build is found without Node.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { compile } from 'sass';

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, '..', 'static', 'css');

const entries = await readdir(join(HERE, 'scss'), { recursive: true, withFileTypes: true });
const sources = entries
  .filter((entry) => entry.isFile() && entry.name.endsWith('.scss'))
  .map((entry) => relative(HERE, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
  .concat('package-lock.json')
  .sort();

const hash = createHash('sha256');
for (const source of sources) {
  hash.update(`${source}\0`).update(await readFile(join(HERE, source))).update('\0');
}
const heading = `/* sources sha256:${hash.digest('hex')} */\n`;

await mkdir(TARGET, { recursive: true });
for (const name of ['site', 'admin']) {
  const { css } = compile(join(HERE, 'scss', `${name}.scss`), {
    style: 'compressed',
    loadPaths: [join(HERE, 'node_modules')],
    quietDeps: true,
    // Bootstrap 5.3 is written for them.
    silenceDeprecations: ['import', 'global-builtin', 'color-functions', 'if-function'],
  });
  const result = heading + css.replace(/^\uFEFF/, '') + '\n';
  await writeFile(join(TARGET, `${name}.css`), result);
  const kB = (bytes) => (bytes / 1024).toFixed(1);
  console.log(`${name}.css  ${kB(result.length)} kB, ${kB(brotliCompressSync(result).length)} kB by brotli`);
}
